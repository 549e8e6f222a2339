import { Handoff, type HandoffParts } from '../lib/primary/dealing/handoff.js'
import { Overload, type OverloadParts } from '../lib/primary/ports/overload.js'
import { ByLoad, roundRobin } from '../lib/primary/dealing/policies/by-load.js'
import { Refusals } from '../lib/primary/dealing/refusals.js'
import { Scheduler } from '../lib/primary/dealing/scheduler.js'
import { createLog, type FakeWorker } from './fakes.js'

type Given = Partial<HandoffParts> & Pick<HandoffParts, 'frameSize' | 'clock'> & { key?: string, overloadParts?: Partial<OverloadParts>, looks?: number }

/** A handoff with round robin and no limits, except for the given parts. Wired as in lib/primary/ports/open-port.ts. */
export function createHandoff ({ key = 'key', looks = 0, overloadParts, ...parts }: Given): Handoff {
  const handoff: Handoff = new Handoff(key, {
    createScheduler: rank => new Scheduler(rank, looks),
    policy: new ByLoad(roundRobin),
    refusals: new Refusals(),
    overload: new Overload({
      key,
      maxPending: Infinity,
      sheds: false,
      canWait: true,
      descriptors: Infinity,
      pendingElsewhere: () => 0,
      taken: () => handoff.taken,
      shedExcess: () => { handoff.deal() },
      timeout: 0,
      pending: () => handoff.pending,
      served: () => true,
      drop: matches => handoff.drop(matches),
      answer () {},
      explain () {},
      emit () {},
      clock: parts.clock,
      log: createLog().log,
      ...overloadParts
    }),
    mostConnections: Infinity,
    onSent () {},
    fetch: () => [],
    onDealt () {},
    onCredit: () => { handoff.deal() },
    ...parts
  })
  return handoff
}

/** The worker acks its open frame. Handled as in lib/primary.ts. */
export function settle (handoff: Handoff, worker: FakeWorker, refused: number[] = []): void {
  const ack = worker.ack(refused)
  handoff.settle(worker, worker.settle(ack) as NonNullable<ReturnType<FakeWorker['settle']>>, ack)
  handoff.deal()
}
