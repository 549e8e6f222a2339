import { Restarts } from '../../../lib/primary/workers/restarts.js'
import { Supervisor } from '../../../lib/primary/workers/supervisor.js'
import { createLog, FakeClock, FakeWorker } from '../../fakes.js'

/** A supervisor that spawns fake workers, which never crash by themselves. */
export function supervise (count: number) {
  const { log, lines } = createLog()
  const spawned: FakeWorker[] = []
  const clock = new FakeClock()
  const supervisor = new Supervisor({
    count,
    grace: 1_000,
    bootTimeout: 0,
    spawn (generation) {
      const worker = new FakeWorker(spawned.length + 1, generation)
      spawned.push(worker)
      return worker
    },
    retire () {},
    restarts: new Restarts({ within: 1 }, clock),
    onCrashLoop () {},
    emit () {},
    clock,
    log
  })
  return { supervisor, spawned, clock, log, lines }
}
