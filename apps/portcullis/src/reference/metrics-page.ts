import { families } from '../operations/families.ts'

/** The reference page of the metrics, in Markdown. */
export function metricsPage(): string {
  const rows = Object.entries(families).map(([name, { kind, help }]) => {
    const shown = kind === 'counter' ? `${name}_total` : name
    return `| \`${shown}\` | ${kind} | ${help.replaceAll('|', '\\|')} |`
  })
  return [
    '# Metrics',
    '',
    'What `/metrics` of the operations port tells, summed over threads; see [Watch Portcullis](../how-to/watch-portcullis.md). Counters begin at zero with the process and not with a thread.',
    '',
    '| name | kind | meaning |',
    '|---|---|---|',
    ...rows,
    '',
    'This page is written by `npm run docs`.',
    '',
  ].join('\n')
}
