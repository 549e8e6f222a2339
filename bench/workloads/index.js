import arrivals from './arrivals.js'
import blocked from './blocked.js'
import evenness from './evenness.js'
import flood from './flood.js'
import keepAlive from './keep-alive.js'
import keptArrivals from './kept-arrivals.js'
import keptBlocked from './kept-blocked.js'
import keptHeld from './kept-held.js'
import keptKilled from './kept-killed.js'
import keptMemory from './kept-memory.js'
import keptProxies from './kept-proxies.js'
import keptRecycle from './kept-recycle.js'
import keptReload from './kept-reload.js'
import keptScale from './kept-scale.js'
import keptSpread from './kept-spread.js'
import keptUpgrade from './kept-upgrade.js'
import killed from './killed.js'
import memory from './memory.js'
import newConnections from './new-connections.js'
import scaling from './scaling.js'
import tls from './tls.js'

/**
 * @typedef {object} Workload
 * @property {string} name as `--only` takes it
 * @property {string} title
 * @property {(bench: import('../bench.js').Bench, plan: object) => string} about what is measured, for the report
 * @property {(bench: import('../bench.js').Bench) => string | undefined} [lacks] the reason why it cannot run here
 * @property {string[]} contenders
 * @property {{ rounds: number }} full the plan of a full run, with what `measure` needs
 * @property {{ rounds: number, contenders?: string[] }} quick the plan of a quick one
 * @property {import('../contenders/running.js').Settings} [settings]
 * @property {keyof import('../contenders/running.js').Commands} [needs] the command that a contender has to have
 * @property {boolean} [together] whether all contenders are measured at the same time: no CPU is measured, and it takes long
 * @property {import('../columns.js').Column[]} [columns]
 * @property {Array<{ title: string, columns: import('../columns.js').Column[], without?: string[] }>} [tables] instead of `columns`
 * @property {Function} [measure] (bench, running, plan and round) => sample
 * @property {Function} [measureAll] (bench, start, plan and round) => sample
 */

/** @type {Workload[]} */
export const workloads = [newConnections, keepAlive, tls, memory, evenness, blocked, arrivals, killed, flood, scaling, keptReload, keptScale, keptRecycle, keptSpread, keptBlocked, keptArrivals, keptHeld, keptMemory, keptKilled, keptProxies, keptUpgrade]
