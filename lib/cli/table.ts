import { stripVTControlCharacters } from 'node:util'

/** A column: its title, and on which side its cells stand. */
export interface Column { title: string, align: 'left' | 'right' }

const WIDE = '  '

/** Rows of text under their titles, each column as wide as it has to be. Colours take no room. Where that is wider than `width`, the columns move together. */
export function table (columns: readonly Column[], rows: readonly string[][], width = Infinity): string {
  const lines = [columns.map(({ title }) => title), ...rows]
  const widths = columns.map((_, i) => Math.max(...lines.map(line => widthOf(line[i] ?? ''))))
  const between = widths.reduce((sum, width) => sum + width + WIDE.length, -WIDE.length) > width ? ' ' : WIDE
  return lines.map(line => line.map((cell, i) => {
    const room = ' '.repeat((widths[i] as number) - widthOf(cell))
    return columns[i]?.align === 'right' ? room + cell : cell + room
  }).join(between).trimEnd()).join('\n')
}

/** In columns of a terminal. */
export function widthOf (cell: string): number {
  return stripVTControlCharacters(cell).length
}
