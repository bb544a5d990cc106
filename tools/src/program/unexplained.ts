import type { Finding } from '../finding.ts'

/** A program that failed without a finding that we understood has failed all the same. */
export function unexplained(
  program: string,
  code: number,
  output: string,
  findings: readonly Finding[],
): Finding[] {
  if (code === 0 || findings.length > 0) return [...findings]
  const said = output.trim().slice(0, 2000) || 'nothing'
  return [{ file: '.', what: `${program} ended with ${code} and said: ${said}`, mend: '' }]
}
