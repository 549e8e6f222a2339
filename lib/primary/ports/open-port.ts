import type { Lane } from '../../lane.js'
import type { Options } from '../../options/options.js'
import { overloadAnswer } from './overload-answer.js'
import type { Clock } from '../../platform/clock.js'
import type { Emit } from '../insight/events.js'
import { Handoff } from '../dealing/handoff.js'
import { Intake } from './intake.js'
import type { Bound } from './listener.js'
import { Overload } from './overload.js'
import { createPolicy } from '../dealing/policies.js'
import { Port } from './port.js'
import { Refusals } from '../dealing/refusals.js'
import { Scheduler } from '../dealing/scheduler.js'
import { descriptorLimit } from '../../platform/process-table.js'
import type { SafeLog } from '../../fastify/safe-log.js'

/**
 * How many workers' connections are counted before each choice, in turn, where it depends on them:
 * of those that are closed, their workers tell a quarter of a second later. So many workers are always
 * known as they are.
 */
const LOOKS = 8

/** Seconds after which a client that was shed should try again. */
const RETRY_AFTER = 1

const answer = overloadAnswer(RETRY_AFTER)

export interface PortParts {
  options: Options
  lane: Lane
  /** How many connections are pending in this process, of all listeners. */
  pending (): number
  /** A frame is on its way to some worker. */
  onSent (): void
  /** Workers have credit again, for whatever key. */
  onCredit (): void
  emit: Emit
  clock: Clock
  log: SafeLog
}

/**
 * Listens on what is bound, and wires one shared listener:
 *
 *     intake ─→ handoff (overload, refusals) ─choose→ policy ─→ scheduler
 *
 * @throws listen(2)'s error; all that was bound is closed then
 */
export function openPort (key: string, bound: Bound[], backlog: number, { options, lane, pending, onSent, onCredit, emit, clock, log }: PortParts): Port {
  const { maxPending, pendingTimeout, onOverload, maxConnectionsPerWorker = Infinity } = options
  const sheds = onOverload === 'shed'
  const countsConnections = options.policy === 'least-connections' || maxConnectionsPerWorker < Infinity
  const overload = new Overload({
    key,
    maxPending,
    sheds,
    canWait: lane.pauses,
    descriptors: descriptorLimit(),
    pendingElsewhere: () => pending() - handoff.pending,
    taken: () => handoff.taken,
    shedExcess: () => { handoff.deal() },
    timeout: pendingTimeout,
    pending: () => handoff.pending,
    served: () => port.answerable !== undefined,
    drop: matches => handoff.drop(matches),
    answer: connection => {
      if (port.answerable === true) connection.shed(answer())
      else connection.reset()
    },
    explain: (connection, outage) => {
      // Nobody has ever said what the app speaks where it never started: most speak this.
      if (port.answerable === false) connection.reset()
      else connection.shed(outage)
    },
    emit,
    clock,
    log
  })
  const handoff: Handoff = new Handoff(key, {
    createScheduler: rank => new Scheduler(rank, countsConnections ? LOOKS : 0),
    policy: createPolicy(options, clock, log),
    refusals: new Refusals(),
    overload,
    frameSize: lane.frameSize,
    mostConnections: maxConnectionsPerWorker,
    clock,
    onSent,
    fetch: () => intake.fetch(),
    onDealt: () => { intake.dealt() },
    onCredit
  })
  const intake = new Intake(bound, backlog, { handoff, maxPending, mayWait: !sheds, lane, clock, log })
  const port = new Port(bound.map(({ name }) => name), handoff, intake)
  return port
}
