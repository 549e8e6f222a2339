/** For a terminal: aligned columns. */
export function toText ({ sections, goals }, { notes }) {
  return [
    ...sections.flatMap(({ title, about, tables }) => [
      title, about, '', ...tables.flatMap(({ title, ...table }) => [...(title === undefined ? [] : [title]), textTable(table), ''])
    ]),
    ...(goals.rows.length === 0 ? [] : ['Goals', '', textTable(goals), '']),
    ...notes.map(note => `Note: ${note}`)
  ].join('\n')
}

/** @param {import('./report.js').Table} table */
export function textTable ({ head, rows }) {
  const lines = [head, ...rows]
  const widths = head.map((_, column) => Math.max(...lines.map(line => line[column].length)))
  return lines.map(line => line.map((text, column) => column === 0 ? text.padEnd(widths[0]) : text.padStart(widths[column])).join('  ').trimEnd()).join('\n')
}

/** The text of bench/RESULTS.md. */
export function toMarkdown ({ sections, goals }, { machine, minutes, notes }, chart) {
  return `${[
    '# Results',
    'Written by `npm run bench`. How it measures is in [README.md](README.md). Figures are medians of the rounds, with the lowest and the highest in brackets; ratios are made within each round. They are true for this machine and this run: compare ratios, not figures of different runs.',
    `![The comparison as a chart](${chart})`,
    markdownTable({ head: ['', ''], rows: [...Object.entries(machine), ['The run took', `${minutes.toFixed(1)} minutes`]] }),
    '## Goals',
    markdownTable(goals),
    'Why some goals are missed is in [PERFORMANCE.md](../docs/PERFORMANCE.md).',
    ...sections.flatMap(({ title, about, tables }) => [
      `## ${title}`, about, ...tables.flatMap(({ title, ...table }) => [...(title === undefined ? [] : [`### ${title}`]), markdownTable(table)])
    ]),
    ...(notes.length === 0 ? [] : ['## Notes', notes.map(note => `- ${note.replaceAll('\n', ' ')}`).join('\n')])
  ].join('\n\n')}\n`
}

function markdownTable ({ head, rows }) {
  const line = cells => `| ${cells.map(text => text.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), line(head.map((_, column) => column === 0 ? '---' : '---:')), ...rows.map(line)].join('\n')
}
