import { columns } from './columns.js'
import { byId, element, setData, setText } from './dom.js'
import { plural } from './format.js'

/** Milliseconds for which the row of a crashed worker stays, to show how it ended. */
const CRASHED_ROW_TIME = 5000

/** The utilization from which a worker counts as busy, or as fully used. */
const BUSY = 0.7
const FULL = 0.9

/** The table of workers. Each worker keeps its row for its lifetime. */
export class Workers {
  #rows = new Map()
  #totals = new Row()
  #onRestart

  /** @param onRestart restarts the worker of the slot that it is called with */
  constructor (onRestart) {
    this.#onRestart = onRestart
    for (const { name, title, of } of columns) {
      const head = element('th', { text: name, className: of, role: 'columnheader' })
      head.scope = 'col'
      if (title !== undefined) head.title = title
      byId('columns').append(head)
    }
    byId('totals').append(this.#totals.node)
  }

  show ({ workers, steerable }) {
    setData(byId('table'), 'steerable', String(steerable))
    const living = new Set(workers.map(({ id }) => id))
    for (const [id, row] of this.#rows) if (!living.has(id) && !row.dead) this.#remove(id)
    for (const worker of workers) this.#rowOf(worker).show(worker)
    this.#arrange()
    this.#totals.showTotals(workers)
    setText(byId('workers-count'), summary(workers))
  }

  /** Shows in the row of a crashed worker how it ended, before the row is removed. */
  mourn (id, how) {
    const row = this.#rows.get(id)
    if (row === undefined) return
    row.die(how)
    setTimeout(() => { this.#remove(id) }, CRASHED_ROW_TIME)
  }

  #rowOf ({ id }) {
    const known = this.#rows.get(id)
    if (known !== undefined) return known
    const row = new Row(id, this.#onRestart)
    this.#rows.set(id, row)
    return row
  }

  #remove (id) {
    this.#rows.get(id)?.node.remove()
    this.#rows.delete(id)
  }

  /** Sorts the rows by slot, then by id. Moves only rows that are out of place. */
  #arrange () {
    const body = byId('rows')
    let next = body.firstElementChild
    for (const { node } of [...this.#rows.values()].sort((a, b) => a.slot - b.slot || a.id - b.id)) {
      if (node === next) next = next.nextElementSibling
      else body.insertBefore(node, next)
    }
  }
}

class Row {
  id
  slot = 0
  dead = false
  node = element('tr', { role: 'row' })
  #cells = new Map()
  #onRestart

  constructor (id, onRestart) {
    this.id = id
    this.#onRestart = onRestart
    if (id !== undefined) this.node.dataset.id = id
    for (const column of columns) this.#cells.set(column, this.#cell(column))
  }

  show (worker) {
    if (this.dead) return
    this.slot = worker.slot
    setData(this.node, 'state', worker.state)
    setData(this.node, 'saturated', String(worker.saturated))
    for (const [column, cell] of this.#cells) cell(column.format(worker[column.of], worker), worker[column.of])
  }

  showTotals (workers) {
    for (const [{ kind, format, total }, cell] of this.#cells) {
      if (kind === 'name') cell('Total')
      else if (total !== undefined) cell(format(total(workers)), total(workers))
    }
  }

  die (how) {
    this.dead = true
    this.node.dataset.state = 'dead'
    for (const [{ of }, cell] of this.#cells) if (of === 'state') cell(how)
  }

  /** Makes a cell, and returns a function that sets its content. */
  #cell ({ name, of, kind }) {
    const cell = kind === 'name' ? element('th', { className: of, role: 'rowheader' }) : element('td', { className: of, role: 'cell' })
    if (kind === 'name') cell.scope = 'row'
    cell.dataset.name = name
    this.node.append(cell)
    if (kind === 'restart' && this.#onRestart !== undefined) return this.#fillRestart(cell)
    if (kind !== 'bar') return text => { setText(cell, text) }

    const bar = element('span', { className: 'meter' })
    const filled = element('span')
    const label = element('span', { className: 'label' })
    bar.append(filled)
    cell.append(bar, label)
    return (text, share) => {
      setText(label, text)
      setData(bar, 'load', share >= FULL ? 'full' : share >= BUSY ? 'busy' : 'fine')
      const scale = `scaleX(${Math.min(share, 1).toFixed(2)})`
      if (filled.style.transform !== scale) filled.style.transform = scale
    }
  }

  /** A button whose sign is in the style sheet, and the number. */
  #fillRestart (cell) {
    const button = element('button', { className: 'again' })
    const label = element('span')
    button.type = 'button'
    button.addEventListener('click', () => { this.#onRestart(this.slot) })
    cell.append(button, label)
    return text => {
      const name = `Restart the worker of slot ${this.slot}`
      if (button.title !== name) button.title = name
      setText(label, text)
    }
  }
}

/** "6 ready, 1 starting, 1 draining" */
function summary (workers) {
  const states = ['ready', 'starting', 'draining']
    .map(state => ({ state, number: workers.filter(worker => worker.state === state).length }))
    .filter(({ number }) => number > 0)
  if (states.length === 0) return 'none'
  if (states.length === 1) return `${plural(workers.length, 'worker')}, ${workers.length === 1 ? '' : 'all '}${states[0].state}`
  return states.map(({ state, number }) => `${number} ${state}`).join(', ')
}
