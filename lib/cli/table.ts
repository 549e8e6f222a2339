import { stripVTControlCharacters } from 'node:util'

/** A column's title, and the alignment of its cells. */
export interface Column { title: string, align: 'left' | 'right' }

const WIDE = '  '

/**
 * Formats rows of text under column titles. Each column is as wide as its widest cell; escape sequences of
 * colours do not count. If the table is wider than `width`, the space between columns shrinks.
 */
export function table (columns: readonly Column[], rows: readonly string[][], width = Infinity): string {
  const lines = [columns.map(({ title }) => title), ...rows]
  const widths = columns.map((_, i) => Math.max(...lines.map(line => widthOf(line[i] ?? ''))))
  const between = widths.reduce((sum, width) => sum + width + WIDE.length, -WIDE.length) > width ? ' ' : WIDE
  return lines.map(line => line.map((cell, i) => {
    const room = ' '.repeat((widths[i] as number) - widthOf(cell))
    return columns[i]?.align === 'right' ? room + cell : cell + room
  }).join(between).trimEnd()).join('\n')
}

/** The width in columns of a terminal. */
export function widthOf (cell: string): number {
  return stripVTControlCharacters(cell).length
}
