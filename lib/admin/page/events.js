import { byId, element } from './dom.js'
import { time } from './format.js'

/** The number of events that are kept. */
const MOST = 200

/** The list of events, newest first. */
export class Events {
  #list = byId('events')

  clear () {
    this.#list.replaceChildren()
    byId('no-events').hidden = false
  }

  add (at, { text, tone }) {
    const entry = element('li')
    const when = element('time', { text: time(at) })
    when.dateTime = new Date(at).toISOString()
    entry.dataset.tone = tone
    entry.append(when, element('span', { text }))
    this.#list.prepend(entry)
    if (this.#list.childElementCount > MOST) this.#list.lastElementChild.remove()
    byId('no-events').hidden = true
  }
}
