import { type Finding, formatPlace } from '@portcullis/model/finding/finding'

/** Findings for a terminal: place, what, and how to mend it. */
export function findingLines(findings: readonly Finding[]): string[] {
  return findings.flatMap((finding) => {
    const place = formatPlace(finding)
    return [
      `${place === '' ? '' : `${place}: `}${finding.severity}: ${finding.message} (${finding.code})`,
      `  ${finding.remedy}`,
    ]
  })
}

/** `2 errors, 1 warning`. */
export function countFindings(findings: readonly Finding[]): string {
  return (['error', 'warning'] as const)
    .map((severity) => ({ severity, count: findings.filter((each) => each.severity === severity).length }))
    .filter(({ count }) => count > 0)
    .map(({ severity, count }) => `${count} ${severity}${count === 1 ? '' : 's'}`)
    .join(', ')
}
