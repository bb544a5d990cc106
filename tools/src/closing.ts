/** What is read of vitest's JSON report. */
export interface Report {
  readonly success: boolean
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly message?: string
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[]
  }[]
}

export interface Closing {
  /** `N passed, N failed` */
  readonly line: string
  readonly complaints: readonly string[]
  readonly ok: boolean
}

/** A run counts as good only when there were tests, and all of them ran and passed. */
export function closingOf(report: Report | undefined): Closing {
  if (report === undefined) return { line: '0 passed, 0 failed', complaints: [], ok: false }
  const tests = report.testResults.flatMap((file) => file.assertionResults)
  const passed = tests.filter((test) => test.status === 'passed').length
  const failed = tests.filter((test) => test.status === 'failed')
  // An engine that is missing must not look like a test that passed.
  const leftOut = tests.filter((test) => test.status !== 'passed' && test.status !== 'failed')
  const broken = report.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  )
  const complaints = [
    ...failed.map((test) => `failed: ${test.fullName}`),
    ...leftOut.map((test) => `did not run: ${test.fullName}`),
    ...broken.map((file) => `failed as a whole: ${file.name}: ${file.message ?? ''}`.trimEnd()),
    ...(tests.length === 0 ? ['there were no tests'] : []),
  ]
  const failures = failed.length + leftOut.length + broken.length
  return {
    line: `${passed} passed, ${failures} failed`,
    complaints,
    ok: report.success && passed > 0 && failures === 0,
  }
}
