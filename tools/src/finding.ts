/**
 * One thing that is wrong in the repository: where, what, and how to mend it. The checker has a shape of its own and
 * imports none of the packages, so that it still speaks when one of them is broken.
 */
export interface Finding {
  /** Relative to the root of the repository, with `/`. */
  readonly file: string
  /** Counted from 1; absent when the finding is about the whole file or folder. */
  readonly line?: number
  readonly what: string
  readonly mend: string
}

/** `packages/model/src/plan.ts:3: imports … Mend: …` */
export function formatFinding({ file, line, what, mend }: Finding): string {
  const place = line === undefined ? file : `${file}:${line}`
  return mend === '' ? `${place}: ${what}` : `${place}: ${what} Mend: ${mend}`
}

/** By file, then by line. */
export function inOrder(findings: readonly Finding[]): Finding[] {
  return findings.toSorted((a, b) =>
    a.file < b.file ? -1 : a.file > b.file ? 1 : (a.line ?? 0) - (b.line ?? 0),
  )
}
