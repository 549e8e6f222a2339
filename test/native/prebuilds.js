// Loads the published build of the addon for this machine, and sends a frame with it. test/matrix.js runs
// this with every Node version.
import { closeSync } from 'node:fs'
import { createRequire } from 'node:module'
import { arch } from 'node:process'
import { fileURLToPath } from 'node:url'

const addon = createRequire(import.meta.url)(fileURLToPath(new URL(`../../native/prebuilds/linux-${arch}/fd_lane.napi.node`, import.meta.url)))
const [ours, theirs] = addon.pair()
const row = addon.createRow()
const alive = setInterval(() => {}, 1_000)
const receiver = addon.receive(theirs, addon.mapRow(row), new Int32Array(64), (number, key) => {
  addon.unpoll(receiver)
  for (const fd of [ours, theirs, row]) closeSync(fd)
  clearInterval(alive)
  if (number !== 1 || key !== 'key') throw new Error(`received ${number} ${key}`)
  console.log(`the prebuild for linux-${arch} works on Node ${process.version}`)
})
if (addon.send(ours, 1, 'key', '', new Int32Array(64), 0) !== 0) throw new Error('not sent')
