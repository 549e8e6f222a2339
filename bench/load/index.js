import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { ab } from './ab.js'
import { autocannon } from './autocannon.js'
import { wrk } from './wrk.js'

/**
 * @typedef {object} Load the result of a tool
 * @property {number} requests that were answered
 * @property {number} failed
 * @property {number} seconds
 *
 * @typedef {object} Tool
 * @property {string} name
 * @property {string} [is] its version
 * @property {(bench: object, options: { url: string, seconds: number, connections: number }) => Promise<Load>} run
 */

/** The first tool of each kind that is installed: with a new connection for each request, and with kept-alive connections. */
export function findTools () {
  return {
    newConnections: firstOf([ab, wrk({ reconnect: true }), autocannon({ reconnect: true })]),
    keepAlive: firstOf([wrk({ reconnect: false }), autocannon({ reconnect: false })])
  }
}

function firstOf (tools) {
  for (const tool of tools) {
    const is = versionOf(tool)
    if (is !== undefined) return { ...tool, is }
  }
}

function versionOf ({ version: [command, argument, pattern] }) {
  if (pattern === undefined) return JSON.parse(readFileSync(argument, 'utf8')).version
  const { stdout, error } = spawnSync(command, [argument], { encoding: 'utf8' })
  return error === undefined ? pattern.exec(stdout)?.[1] ?? 'of an unknown version' : undefined
}
