import { byId, setData, setText } from './dom.js'
import { plural } from './format.js'

/** The sessionStorage key of the token, which is kept until the tab is closed. */
const KEPT = 'shared-fastify-token'

/** Milliseconds to wait until the server has the requested number of workers. */
const PATIENCE = 5000

/** Milliseconds for which the result of a request is shown. */
const AFTERWARDS = 8000

const RESTARTED = { text: 'The server was restarted', tone: 'plain' }

/** The controls that change the server, if it accepts changes, and the token for them. */
export class Steer {
  #token = byId('token')
  #status
  #workers = 0
  /** The requested number of workers, until the server has reached it or the time is over. */
  #target
  #settling
  /**
   * A function that reads the result of the last request from a status, as `{ text, tone }`. It returns
   * undefined while the request is still in progress.
   */
  #outcome
  #forgetting
  /** The number of requests so far. */
  #asked = 0

  constructor () {
    this.#token.value = sessionStorage.getItem(KEPT) ?? ''
    this.#token.addEventListener('input', () => { sessionStorage.setItem(KEPT, this.#token.value) })
    byId('steer').addEventListener('submit', event => { event.preventDefault() })
    byId('reload-button').addEventListener('click', () => { this.#reload() })
    byId('fewer').addEventListener('click', () => { this.#scale(-1) })
    byId('more').addEventListener('click', () => { this.#scale(1) })
  }

  show (status) {
    const { steerable, wanted } = status
    this.#status = status
    this.#conclude(this.#outcome?.(status))
    byId('steer').hidden = !steerable
    byId('read-only').hidden = steerable
    this.#workers = wanted
    if (this.#target === this.#workers) this.#aim(undefined)
    this.#showTarget()
  }

  async #reload () {
    const { startedAt, reloads } = this.#status
    await this.#ask('reload', undefined, ({ generation }) => {
      this.#outcome = status => {
        if (status.startedAt !== startedAt) return RESTARTED
        if (status.reload !== null || status.generation < generation) return undefined
        return status.reloads.aborted > reloads.aborted
          ? { text: `Reload to generation ${generation} aborted`, tone: 'bad' }
          : { text: `Reloaded to generation ${generation}`, tone: 'good' }
      }
      return `Reloading to generation ${generation}`
    })
  }

  /** Replaces the worker of one slot. The server's answer ends with the result. */
  async restart (slot) {
    const response = await this.#post('restart', { slot }, 'application/x-ndjson')
    if (response === undefined) return
    const asked = this.#asked
    this.#say(`Restarting the worker of slot ${slot}`, 'good')
    const outcome = await resultOf(response, slot)
    if (asked === this.#asked) this.#conclude(outcome)
  }

  async #scale (step) {
    const target = (this.#target ?? this.#workers) + step
    if (target < 1) return this.#say('At least one worker is needed', 'bad')
    this.#aim(target)
    const done = await this.#ask('scale', { workers: target }, ({ workers }) => {
      const { startedAt } = this.#status
      let begun = false
      this.#outcome = status => {
        if (status.startedAt !== startedAt) return RESTARTED
        begun ||= status.wanted === workers // a status that was already on its way may be older
        if (begun && status.wanted !== workers) return { text: `Not scaled to ${workers}: the target is now ${plural(status.wanted, 'worker')}`, tone: 'bad' }
        if (!begun || status.workers.length !== workers || status.workers.some(({ state }) => state !== 'ready')) return undefined
        return { text: `Scaled to ${plural(workers, 'worker')}`, tone: 'good' }
      }
      return `Scaling to ${plural(workers, 'worker')}`
    })
    if (!done) this.#aim(undefined)
  }

  /** Resolves with whether the server has accepted the request. */
  async #ask (path, body, success) {
    const response = await this.#post(path, body)
    if (response === undefined) return false
    this.#say(success(await response.json().catch(() => ({}))), 'good')
    return true
  }

  /** Resolves with the response if the server has accepted the request. Otherwise shows why not. */
  async #post (path, body, accept = 'application/json') {
    const token = this.#token.value
    if (token === '') return this.#refuse('Enter the admin token that the server was started with')
    if (/[^!-~]/.test(token)) return this.#refuse('The token is wrong') // a header cannot contain these characters
    this.#say('', 'plain')
    this.#outcome = undefined
    this.#asked++
    try {
      const response = await fetch(path, {
        method: 'POST',
        headers: { accept, authorization: `Bearer ${token}`, ...(body !== undefined && { 'content-type': 'application/json' }) },
        ...(body !== undefined && { body: JSON.stringify(body) })
      })
      if (response.status === 401) return this.#refuse('The token is wrong')
      if (response.ok) return response
      const answer = await response.json().catch(() => ({}))
      this.#say(answer.message ?? `The server answered with HTTP status ${response.status}`, 'bad')
    } catch {
      this.#say('The server cannot be reached', 'bad')
    }
  }

  #refuse (text) {
    this.#token.focus()
    this.#say(text, 'bad')
  }

  #conclude (outcome) {
    if (outcome === undefined) return
    this.#outcome = undefined
    this.#say(outcome.text, outcome.tone)
    this.#forgetting = setTimeout(() => { this.#say('', 'plain') }, AFTERWARDS)
  }

  #say (text, tone) {
    clearTimeout(this.#forgetting)
    setData(byId('answer'), 'tone', tone)
    setText(byId('answer'), text)
  }

  #aim (target) {
    clearTimeout(this.#settling)
    this.#target = target
    if (target !== undefined) this.#settling = setTimeout(() => { this.#aim(undefined) }, PATIENCE)
    this.#showTarget()
  }

  #showTarget () {
    setText(byId('target'), String(this.#target ?? this.#workers))
  }
}

/** Reads the steps of a restart. The last one is the result. */
async function resultOf (response, slot) {
  try {
    const { event, error } = JSON.parse((await response.text()).trim().split('\n').at(-1))
    if (event === 'failed') return { text: `Slot ${slot} was not restarted: ${error}`, tone: 'bad' }
    if (event === 'done') return { text: `Restarted the worker of slot ${slot}`, tone: 'good' }
  } catch {} // the server is gone
  return { text: `Whether slot ${slot} was restarted is unknown: the connection was lost`, tone: 'bad' }
}
