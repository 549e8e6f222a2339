import { once } from 'node:events'
import net from 'node:net'

/** Where the processes of a contender report their role: a Unix socket, because PM2's processes share no output with this one. */
export class Announcements {
  /** @type {Array<{ role: 'primary' | 'worker', pid: number, worker: string }>} */
  #said = []
  #server
  #whenSaid = new Set()

  /** @param {string} path */
  static async listen (path) {
    const announcements = new Announcements()
    announcements.#server = net.createServer(socket => { announcements.#read(socket) }).listen(path)
    await once(announcements.#server, 'listening')
    return announcements
  }

  /** All that have reported this role, in that order. */
  by (role) {
    return this.#said.filter(said => said.role === role)
  }

  /** Resolves when `count` have reported this role. */
  async of (role, count) {
    while (this.by(role).length < count) {
      await new Promise(resolve => { this.#whenSaid.add(resolve) })
    }
  }

  close () {
    this.#server.close()
  }

  #read (socket) {
    let text = ''
    socket.setEncoding('utf8')
    socket.on('error', () => {}) // killed while it spoke
    socket.on('data', chunk => { text += chunk })
    socket.on('end', () => {
      this.#said.push(JSON.parse(text))
      for (const resolve of this.#whenSaid) resolve()
      this.#whenSaid.clear()
    })
  }
}
