/**
 * The records of the workers: the connections that they took, by the client's address (which no other connection
 * has), and the requests that they began. Each entry is written before anything else happens.
 */
export class Ledger {
  /** Incomplete entries: their worker was killed while it wrote them. */
  torn = 0
  readonly #appended: () => string
  #rest = ''
  readonly #takers = new Map<string, number[]>()
  /** The addresses of connections that do not move: those with TLS. */
  readonly #staying = new Set<string>()
  readonly #beginners = new Map<number, number[]>()

  /** @param appended the text written since the last call */
  constructor (appended: () => string) {
    this.#appended = appended
  }

  /** The pids of the workers that took the connection, in this order. */
  takers (address: string): readonly number[] {
    this.#read()
    return this.#takers.get(address) ?? []
  }

  /** The pids of the workers that began the request, as often as they did. */
  beginners (id: number): readonly number[] {
    this.#read()
    return this.#beginners.get(id) ?? []
  }

  /** The connections that do not move, and that several workers took, or one worker more than once. */
  takenTwice (): Array<[string, readonly number[]]> {
    this.#read()
    return [...this.#takers].filter(([address, pids]) => pids.length > 1 && this.#staying.has(address))
  }

  begunTwice (): Array<[number, readonly number[]]> {
    this.#read()
    return [...this.#beginners].filter(([, pids]) => pids.length > 1)
  }

  #read (): void {
    const lines = (this.#rest + this.#appended()).split('\n')
    this.#rest = lines.pop() as string
    for (const line of lines) if (line !== '') this.#enter(line)
  }

  #enter (line: string): void {
    const entry = parse(line)
    if (entry === undefined) {
      this.torn++
      return
    }
    const [pid, what, address, id] = entry
    if (what === 'began') add(this.#beginners, id, pid)
    if (what === 'began' || address === null) return // null: the client had already disconnected
    add(this.#takers, address, pid)
    if (what === 'taken for good') this.#staying.add(address)
  }
}

type Entry = [pid: number, what: 'taken' | 'taken for good' | 'began', address: string | null, id: number]

function parse (line: string): Entry | undefined {
  try {
    return JSON.parse(line) as Entry
  } catch {
    return undefined
  }
}

function add<K> (map: Map<K, number[]>, key: K, pid: number): void {
  const pids = map.get(key)
  if (pids === undefined) map.set(key, [pid])
  else pids.push(pid)
}
