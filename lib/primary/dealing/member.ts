import type { WorkerView } from '../../../types/index.js'
import type { Connection } from '../../lane.js'
import type { WorkerHandle } from '../workers/worker-handle.js'

/** A worker as a member of one key's scheduler. */
export class Member {
  /** The view of the worker that policies get. */
  readonly view: WorkerView
  /** The connections that are dealt to it but not sent yet. */
  batch: Connection[] = []

  constructor (readonly worker: WorkerHandle) {
    this.view = createView(this)
  }

  /** The connections that it has open or has been sent, including those dealt. */
  get connections (): number {
    return this.worker.open + this.worker.unacked + this.batch.length
  }
}

/** Read-only, because custom policies of the app get it. */
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
