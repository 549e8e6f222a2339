import type { Lane } from '../../lane.js'
import type { Options } from '../../options/options.js'
import { overloadAnswer } from './overload-answer.js'
import type { Clock } from '../../platform/clock.js'
import type { Emit } from '../insight/events.js'
import { Handoff } from '../dealing/handoff.js'
import { Held } from '../dealing/held.js'
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
 * The number of workers whose open connections are read before each choice, in rotation, if the policy
 * depends on them. Workers report closed connections only after up to a quarter of a second. So with up to
 * this many workers, the counts are always exact.
 */
const LOOKS = 8

/** Seconds after which a client that was shed should retry. */
const RETRY_AFTER = 1

const answer = overloadAnswer(RETRY_AFTER)

export interface PortParts {
  options: Options
  lane: Lane
  /** The number of connections pending in this process, for all listeners. */
  pending (): number
  /** Called when a frame is sent to a worker. */
  onSent (): void
  /** Called when workers have credit again, for any key. */
  onCredit (): void
  emit: Emit
  clock: Clock
  log: SafeLog
}

/**
 * Listens on the bound handles, and wires the parts of one shared listener:
 *
 *     intake ─→ handoff (overload, refusals) ─choose→ policy ─→ scheduler
 *
 * @throws listen(2)'s error; all bound handles are closed then
 */
export function openPort (key: string, bound: Bound[], { options, lane, pending, onSent, onCredit, emit, clock, log }: PortParts): Port {
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
      // If the app never started, its protocol is unknown. Most apps speak HTTP/1.
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
  const intake = new Intake(bound, { handoff, maxPending, mayWait: !sheds, lane, clock, log })
  const held = new Held({ hold: lane.hold, deal: (connection, busy) => { handoff.distribute([connection], busy) }, clock })
  const port = new Port(bound, handoff, held, intake, clock)
  return port
}
