import { setTimeout as sleep } from 'node:timers/promises'
import { ask, now } from './client.js'

/**
 * Open loop: each request is sent at its time, whatever happened to the requests before it.
 * @param {{ port: number }} server
 * @param {Array<{ at: number, path: string }>} plan milliseconds from now, in order
 * @param {(path: string) => Promise<import('./client.js').Answer>} [send] on a new connection, unless given
 */
export async function openLoop (server, plan, send = async path => await ask(server, path)) {
  const start = now()
  const answers = []
  for (const { at, path } of plan) {
    const wait = start + at - now()
    if (wait > 0.5) await sleep(wait)
    answers.push(send(path).then(answer => ({ ...answer, path })))
  }
  return await Promise.all(answers)
}

/**
 * Closed loop: `connections` requests at a time, until `count` are done.
 * @param {{ port: number }} server
 */
export async function closedLoop (server, path, { count, connections }) {
  const answers = []
  let begun = 0
  await Promise.all(Array.from({ length: connections }, async () => {
    while (begun++ < count) answers.push(await ask(server, path))
  }))
  return answers
}
