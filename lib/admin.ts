import { closeSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { resolve } from 'node:path'
import type { FastifyInstance } from 'fastify'
import type { Parts } from './admin/apps.js'
import { History } from './admin/history.js'
import { Metrics } from './admin/metrics.js'
import type { Operable } from './admin/operable.js'
import { Room } from './admin/room.js'
import { ControlSocket } from './control.js'
import { ClosedError } from './errors.js'
import { listeningFd } from './platform/node-internals.js'
import type { AdminSocket, Legacy } from './primary/upgrade/messages.js'
import type { AdminTarget, Options } from './options/options.js'

/** The two interfaces for operators of a primary: its control socket, and the admin server if one is configured. */
export class Admin {
  readonly #primary: Operable
  readonly #options: Pick<Options, 'control' | 'admin'>
  readonly #metrics: Metrics
  readonly #control: ControlSocket
  #history: History | undefined
  #server: FastifyInstance | undefined
  #address: string | undefined
  /** What is opened when this process takes the place of another. */
  readonly #later: Array<() => Promise<void>> = []

  constructor (primary: Operable, options: Pick<Options, 'control' | 'admin'>) {
    this.#primary = primary
    this.#options = options
    this.#metrics = new Metrics(primary)
    this.#control = new ControlSocket(this.#parts)
  }

  /**
   * @param predecessor a primary whose place this process will take. What it has too is opened by
   * {@link takeOver} only
   * @throws Node's own error if the admin server cannot listen, or if a configured control socket cannot be
   * opened
   * @throws SHARED_PORT_ERR_CONTROL_IN_USE
   */
  async open (predecessor?: Pick<Legacy, 'admin' | 'control'>): Promise<void> {
    const { control, admin } = this.#options
    const given = predecessor?.admin
    const isSame = admin !== undefined && given !== undefined && given.host === admin.host && given.port === admin.port
    if (given !== undefined && !isSame) this.#later.push(async () => { closeSync(given.fd) })
    try {
      if (typeof control === 'string') {
        if (predecessor?.control !== resolve(control)) await named('open the control socket', this.#control.open(control))
        else this.#later.push(async () => { await named('open the control socket', this.#control.open(control, { replace: true })) })
      } else if (control) {
        await this.#openControl()
      }
      if (isSame) {
        this.#later.push(async () => { await named('start the admin server', this.#openServer(admin, { fd: given.fd })) })
      } else if (admin !== undefined) {
        await named('start the admin server', this.#openServer(admin, admin))
      }
    } catch (err) {
      this.#later.length = 0 // open() may be tried again
      await this.close()
      throw err
    }
  }

  /** The URL of the admin server, if it is open. */
  get address (): string | undefined {
    return this.#address
  }

  /** Takes the place of the predecessor, which has just let go of what both have. */
  async takeOver (): Promise<void> {
    for (const open of this.#later.splice(0)) {
      try {
        await open()
      } catch (err) {
        this.#primary.log.error({ event: 'admin-error', err }, '%s', (err as Error).message) // the app is served all the same
      }
    }
  }

  /** The listening socket of the admin server, for a successor. */
  get socket (): AdminSocket | undefined {
    const { admin } = this.#options
    const fd = this.#server === undefined ? undefined : listeningFd(this.#server.server)
    return admin === undefined || fd === undefined ? undefined : { host: admin.host, port: admin.port, fd }
  }

  /** Lets the successor have the admin server. The control socket stays: it shows what this process still does. */
  async handOver (): Promise<void> {
    this.#control.handOver()
    try {
      await this.#closeServer()
    } catch (err) {
      this.#primary.log.error({ event: 'admin-error', err }, 'cannot close the admin server: %s', (err as Error).message) // the connections of the app go over all the same
    }
  }

  async close (): Promise<void> {
    await Promise.all([this.#control.close(), this.#closeServer(), this.#metrics.close()])
  }

  async #closeServer (): Promise<void> {
    this.#history?.close()
    this.#history = undefined
    const server = this.#server
    this.#server = undefined
    this.#address = undefined
    await server?.close()
  }

  /** Opens the default control socket. It was not asked for explicitly, so a failure is only a warning. */
  async #openControl (): Promise<void> {
    const { log } = this.#primary
    try {
      const path = await this.#control.open()
      log.debug({ event: 'control', path }, 'the control socket is at %s', path)
    } catch (err) {
      if (!(err instanceof ClosedError)) log.warn({ event: 'control-error', err }, 'cannot open the control socket: commands like status and stop will not find this primary')
    }
  }

  async #openServer (target: AdminTarget, listen: { host: string, port: number } | { fd: number }): Promise<void> {
    const { adminApp } = await import('./admin/apps.js')
    this.#server = adminApp(this.#parts, target, new Room())
    this.#getHistory() // starts recording now
    await this.#server.listen('fd' in listen ? listen as object : { host: listen.host, port: listen.port })
    // Fastify itself would report 127.0.0.1 for 0.0.0.0, which hides that the server is reachable from outside.
    const { address: host, family, port } = this.#server.server.address() as AddressInfo
    const address = `http://${family === 'IPv6' ? `[${host}]` : host}:${port}`
    this.#address = address
    this.#primary.log.info({ event: 'admin', address }, 'the admin server is listening on %s', address)
  }

  get #parts (): Parts {
    return { primary: this.#primary, metrics: this.#metrics, history: () => this.#getHistory() }
  }

  #getHistory (): History {
    this.#history ??= new History(this.#primary)
    return this.#history
  }
}

/** Adds to Node's error which socket could not be opened, since the app's port may be in use, too. */
async function named<T> (what: string, opening: Promise<T>): Promise<T> {
  try {
    return await opening
  } catch (err) {
    if ((err as NodeJS.ErrnoException).syscall !== undefined) (err as Error).message = `cannot ${what}: ${(err as Error).message}`
    throw err
  }
}
