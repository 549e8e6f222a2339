import { byId, setData, setText } from './dom.js'
import { plural } from './format.js'

/** Where the token is kept: for this tab, until it is closed. */
const KEPT = 'shared-fastify-token'

/** Milliseconds for the server to have the number of workers that was asked for. */
const PATIENCE = 5000

/** The buttons by which the server is steered, where it lets itself be, with the token that it asks for. */
export class Steer {
  #token = byId('token')
  #workers = 0
  /** What was asked for, until the server has it, or has had the time to. */
  #target
  #settling

  constructor () {
    this.#token.value = sessionStorage.getItem(KEPT) ?? ''
    this.#token.addEventListener('input', () => { sessionStorage.setItem(KEPT, this.#token.value) })
    byId('steer').addEventListener('submit', event => { event.preventDefault() })
    byId('reload-button').addEventListener('click', () => { this.#reload() })
    byId('fewer').addEventListener('click', () => { this.#scale(-1) })
    byId('more').addEventListener('click', () => { this.#scale(1) })
  }

  show ({ steerable, wanted }) {
    byId('steer').hidden = !steerable
    byId('read-only').hidden = steerable
    this.#workers = wanted
    if (this.#target === this.#workers) this.#aim(undefined)
    this.#showTarget()
  }

  async #reload () {
    await this.#ask('reload', undefined, ({ generation }) => `Reloading to generation ${generation}`)
  }

  async #scale (step) {
    const target = (this.#target ?? this.#workers) + step
    if (target < 1) return this.#say('One worker has to stay', 'bad')
    this.#aim(target)
    const done = await this.#ask('scale', { workers: target }, ({ workers }) => `Scaling to ${plural(workers, 'worker')}`)
    if (!done) this.#aim(undefined)
  }

  /** Resolves with whether the server does it. */
  async #ask (path, body, success) {
    const token = this.#token.value
    if (token === '') return this.#refuse('Enter the token first: the one that the server was started with')
    if (/[^!-~]/.test(token)) return this.#refuse('The token is wrong') // no header can have it
    this.#say('', 'plain')
    try {
      const response = await fetch(path, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, ...(body !== undefined && { 'content-type': 'application/json' }) },
        ...(body !== undefined && { body: JSON.stringify(body) })
      })
      if (response.status === 401) return this.#refuse('The token is wrong')
      const answer = await response.json().catch(() => ({}))
      if (!response.ok) return this.#say(answer.message ?? `The server answered with ${response.status}`, 'bad')
      this.#say(success(answer), 'good')
      return true
    } catch {
      return this.#say('The server cannot be reached', 'bad')
    }
  }

  #refuse (text) {
    this.#token.focus()
    return this.#say(text, 'bad')
  }

  #say (text, tone) {
    setData(byId('answer'), 'tone', tone)
    setText(byId('answer'), text)
    return false
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
