import type { WorkerView } from '../../../types/index.js'
import type { Connection } from '../../lane.js'
import type { WorkerHandle } from '../workers/worker-handle.js'

/** A worker among those that serve one key. */
export class Member {
  /** What policies see of it. */
  readonly view: WorkerView
  /** What it is dealt right now, and is not sent yet. */
  batch: Connection[] = []

  constructor (readonly worker: WorkerHandle) {
    this.view = createView(this)
  }

  /** Connections that it has, or has been given. */
  get connections (): number {
    return this.worker.open + this.worker.unacked + this.batch.length
  }
}

/** Only to be read: a policy of the app's own gets it. */
function createView (member: Member): WorkerView {
  const { worker } = member
  return Object.freeze({
    get id () { return worker.id },
    get open () { return worker.open },
    get unacked () { return worker.unacked + member.batch.length },
    get utilization () { return worker.utilization },
    get generation () { return worker.generation }
  })
}
