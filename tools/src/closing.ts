import type { Report } from './report.ts'

export interface Closing {
  /** `N passed, N failed` */
  readonly line: string
  readonly complaints: readonly string[]
  readonly ok: boolean
}

/** So many files may fail and be looked at again; more than that is no slow moment. */
const mostLookedAtAgain = 3

/**
 * The files that deserve a second look: a slow moment of the machine may fail one or two of thousands of tests, a fault
 * fails again. None after an error that no test caught: that would be forgotten.
 */
export function filesToLookAtAgain(report: Report | undefined, unhandled: readonly string[] = []): string[] {
  if (unhandled.length > 0) return []
  const failed = (report?.testResults ?? [])
    .filter(({ status }) => status === 'failed')
    .map(({ name }) => name)
  return failed.length <= mostLookedAtAgain ? failed : []
}

/**
 * A run counts as good only when there were tests, and all of them ran and passed. What a second look at the files that
 * failed says is what holds for them; a test that passed only then is named, for it has a fault of its own. An error that
 * no test caught, in either, counts as one that failed.
 */
export function closingOf(
  first: Report | undefined,
  second?: Report,
  unhandled: readonly string[] = [],
): Closing {
  if (first === undefined) return { line: '0 passed, 0 failed', complaints: [], ok: false }
  const again = new Map(second?.testResults.map((file) => [file.name, file]))
  const results = first.testResults.map((file) => again.get(file.name) ?? file)
  const tests = results.flatMap((file) => file.assertionResults)
  const passed = tests.filter((test) => test.status === 'passed').length
  const failed = tests.filter((test) => test.status === 'failed')
  // An engine that is missing must not look like a test that passed.
  const leftOut = tests.filter((test) => test.status !== 'passed' && test.status !== 'failed')
  const broken = results.filter(isBroken)
  const complaints = [
    ...unsteady(first, again),
    ...failed.map((test) => `failed: ${test.fullName}`),
    ...leftOut.map((test) => `did not run: ${test.fullName}`),
    ...broken.map((file) => `failed as a whole: ${file.name}: ${file.message ?? ''}`.trimEnd()),
    ...unhandled.map((error) => `nobody caught: ${error}`),
    ...(tests.length === 0 ? ['there were no tests'] : []),
  ]
  const failures = failed.length + leftOut.length + broken.length + unhandled.length
  return {
    line: `${passed} passed, ${failures} failed`,
    complaints,
    ok: (second ?? first).success && passed > 0 && failures === 0,
  }
}

type FileResult = Report['testResults'][number]

/** It failed, and not by one of its tests: it could not be loaded, or what it sets up failed. */
function isBroken(file: FileResult): boolean {
  return file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed')
}

function unsteady(first: Report, again: ReadonlyMap<string, FileResult>): string[] {
  return first.testResults
    .filter(({ name }) => again.get(name)?.status === 'passed')
    .flatMap((file) =>
      isBroken(file)
        ? [file.name]
        : file.assertionResults.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName),
    )
    .map((name) => `unsteady, passed only when run again: ${name}`)
}
