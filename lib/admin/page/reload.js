import { byId, setData, setText } from './dom.js'
import { plural } from './format.js'

/** Milliseconds for which the result of a reload is shown. */
const AFTERWARDS = 8000

/** The strip that shows a reload's progress, and for a moment its result. */
export class Reload {
  #strip = byId('reload')
  #progress = byId('reload-progress')
  #hiding

  show ({ reload }) {
    if (reload === null) {
      if (this.#strip.dataset.state === 'running') this.forget() // the result comes as an event; if there was none, it is unknown
      return
    }
    this.#open('running')
    this.#progress.max = reload.workers
    this.#progress.value = reload.replaced
    setText(byId('reload-text'), `Reload to generation ${reload.generation}: ${reload.replaced} of ${plural(reload.workers, 'worker')} replaced`)
  }

  complete ({ generation }) {
    this.#end('done', `Reload to generation ${generation} complete`)
    this.#progress.value = this.#progress.max
  }

  abort ({ generation, error }) {
    this.#end('aborted', `Reload to generation ${generation} aborted: ${error}`)
  }

  /** Hides a reload whose result is unknown. */
  forget () {
    clearTimeout(this.#hiding)
    this.#strip.hidden = true
  }

  #open (state) {
    clearTimeout(this.#hiding)
    setData(this.#strip, 'state', state)
    this.#strip.hidden = false
  }

  #end (state, text) {
    this.#open(state)
    setText(byId('reload-text'), text)
    this.#hiding = setTimeout(() => { this.#strip.hidden = true }, AFTERWARDS)
  }
}
