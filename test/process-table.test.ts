import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import t from 'tap'
import { killAtEnd, killChildAtEnd } from './reaper.js'
import { descendants, descriptorLimit, isAlive, processState } from '../lib/process-table.js'

t.test('the children of a process and theirs are known by name', async t => {
  const child = spawn('sh', ['-c', 'sleep 1000 & echo started; wait'], { stdio: ['ignore', 'pipe', 'ignore'], detached: true })
  killAtEnd(-(child.pid as number))
  t.teardown(() => { process.kill(-(child.pid as number), 'SIGKILL') })
  await once(createInterface({ input: child.stdout }), 'line')
  const found = descendants(process.pid)
  t.match(found.filter(({ pid }) => pid === child.pid), [{ command: 'sh' }])
  while (descendants(child.pid as number).some(({ command }) => command === 'sh')) await new Promise(setImmediate) // which becomes it
  t.match(descendants(child.pid as number), [{ command: 'sleep' }])
})

t.test('what a process does is said in words', async t => {
  t.equal(processState(process.pid), 'running')
  t.equal(isAlive(process.pid), true)
  const child = spawn('sleep', ['1000'], { stdio: 'ignore' })
  t.teardown(() => { child.kill('SIGKILL') })
  killChildAtEnd(child)
  await once(child, 'spawn')
  child.kill('SIGSTOP')
  while (processState(child.pid as number) !== 'stopped by a signal') await new Promise(setImmediate)
  t.pass('it is stopped')
})

t.test('of a process that is not there nothing is known', async t => {
  t.equal(processState(2 ** 30), undefined)
  t.same(descendants(2 ** 30), [])
  t.equal(isAlive(2 ** 30), false)
})

t.test('how many descriptors this process may have is known', async t => {
  t.ok(descriptorLimit() > 0)
})
