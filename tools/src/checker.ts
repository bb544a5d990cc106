import type { Finding } from './finding.ts'
import { checkCircles } from './floor/check-circles.ts'
import { checkFloors } from './floor/check-floors.ts'
import { checkGuides } from './guide/check-guides.ts'
import { checkStyle } from './program/check-style.ts'
import { checkTypes } from './program/check-types.ts'
import { checkLengths } from './shape/check-length.ts'
import { checkLock } from './shape/check-lock.ts'
import { checkNames } from './shape/check-name.ts'
import { checkPolicies } from './shape/check-policy.ts'
import { checkPorts } from './shape/check-port.ts'
import { checkStories } from './shape/check-story.ts'
import type { Tree } from './tree.ts'

export interface Checker {
  readonly name: string
  check(root: string, tree: Tree): Finding[] | Promise<Finding[]>
}

/** All that `npm run check` looks at. The first two are programs of their own and run beside the rest. */
export const checkers: readonly Checker[] = [
  { name: 'types', check: (root) => checkTypes(root) },
  { name: 'style', check: (root) => checkStyle(root) },
  { name: 'floors', check: (_, tree) => checkFloors(tree) },
  { name: 'circles', check: (_, tree) => checkCircles(tree) },
  { name: 'policies', check: (_, tree) => checkPolicies(tree) },
  { name: 'ports', check: (_, tree) => checkPorts(tree) },
  { name: 'stories', check: (_, tree) => checkStories(tree) },
  { name: 'guides', check: (_, tree) => checkGuides(tree) },
  { name: 'names', check: (_, tree) => checkNames(tree) },
  { name: 'lengths', check: (_, tree) => checkLengths(tree) },
  { name: 'lock', check: (_, tree) => checkLock(tree) },
]

export interface Checked {
  readonly name: string
  readonly findings: readonly Finding[]
  readonly millis: number
}

/** Runs them all at once. A checker that fails counts as a finding: what could not be checked is not in order. */
export function runCheckers(
  root: string,
  tree: Tree,
  which: readonly Checker[] = checkers,
): Promise<Checked[]> {
  return Promise.all(
    which.map(async ({ name, check }) => {
      const began = performance.now()
      const findings = await attempt(() => check(root, tree))
      return { name, findings, millis: Math.round(performance.now() - began) }
    }),
  )
}

async function attempt(check: () => Finding[] | Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await check()
  } catch (thrown) {
    const what = thrown instanceof Error ? thrown.message : String(thrown)
    return [{ file: '.', what: `could not be checked: ${what}`, mend: '' }]
  }
}
