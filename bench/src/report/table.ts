import type { Summary } from './summary.ts'

interface Column {
  readonly title: string
  text(row: Summary): string
}

const columns: readonly Column[] = [
  { title: 'case', text: (row) => row.case },
  { title: 'CPU µs', text: (row) => row.cpuMicros.toFixed(1) },
  { title: '× nginx', text: (row) => factor(row.xNginx) },
  { title: '× HAProxy', text: (row) => factor(row.xHaproxy) },
  { title: '× HAProxy jwt', text: (row) => factor(row.xHaproxyJwt) },
  { title: 'requests/s', text: (row) => String(row.rps) },
  { title: 'p50 ms', text: (row) => row.p50Ms.toFixed(2) },
  { title: 'p99 ms', text: (row) => row.p99Ms.toFixed(2) },
  { title: 'RSS MB', text: (row) => String(row.rssMb) },
]

function factor(value: number | null): string {
  return value === null ? '' : value.toFixed(2)
}

/** A Markdown table that is also readable as it stands: the first column to the left, figures to the right. */
export function formatTable(rows: readonly Summary[]): string {
  return formatCells([
    columns.map((column) => column.title),
    ...rows.map((row) => columns.map((each) => each.text(row))),
  ])
}

/** The first line of cells is the head. */
export function formatCells(lines: readonly (readonly string[])[]): string {
  const widths = (lines[0] ?? []).map((_, i) => Math.max(3, ...lines.map((cells) => cells[i]?.length ?? 0)))
  const [head = [], ...rest] = lines.map((cells) =>
    cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))),
  )
  const rule = widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`))
  return [head, rule, ...rest].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}
