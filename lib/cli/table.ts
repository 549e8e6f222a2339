import { stripVTControlCharacters } from 'node:util'

/** A column: its title, and on which side its cells stand. */
export interface Column { title: string, align: 'left' | 'right' }

/** Rows of text under their titles, each column as wide as it has to be. Colours take no room. */
export function table (columns: readonly Column[], rows: readonly string[][]): string {
  const lines = [columns.map(({ title }) => title), ...rows]
  const widths = columns.map((_, i) => Math.max(...lines.map(line => widthOf(line[i] ?? ''))))
  return lines.map(line => line.map((cell, i) => {
    const room = ' '.repeat((widths[i] as number) - widthOf(cell))
    return columns[i]?.align === 'right' ? room + cell : cell + room
  }).join('  ').trimEnd()).join('\n')
}

function widthOf (cell: string): number {
  return stripVTControlCharacters(cell).length
}
