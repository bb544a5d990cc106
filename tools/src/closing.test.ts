import { describe, expect, it } from 'vitest'
import { closingOf, filesToLookAtAgain } from './closing.ts'
import type { Report } from './report.ts'

const test = (status: string) => ({ fullName: `a test that ${status}`, status })
const report = (statuses: string[], file = 'passed', success = true): Report => ({
  success,
  testResults: [
    { name: 'a.test.ts', status: file, message: 'no engine', assertionResults: statuses.map(test) },
  ],
})

describe('closingOf', () => {
  it('counts what passed', () => {
    expect(closingOf(report(['passed', 'passed']))).toEqual({
      line: '2 passed, 0 failed',
      complaints: [],
      ok: true,
    })
  })

  it('names and counts what failed', () => {
    expect(closingOf(report(['passed', 'failed'], 'failed', false))).toEqual({
      line: '1 passed, 1 failed',
      complaints: ['failed: a test that failed'],
      ok: false,
    })
  })

  it.each(['skipped', 'pending', 'todo', 'disabled'])('counts a test that is %s as failed', (status) => {
    const { line, ok } = closingOf(report(['passed', status]))
    expect({ line, ok }).toEqual({ line: '1 passed, 1 failed', ok: false })
  })

  it('counts a file that could not be loaded as failed', () => {
    const { line, complaints, ok } = closingOf(report([], 'failed', false))
    expect(line).toBe('0 passed, 1 failed')
    expect(complaints).toContain('failed as a whole: a.test.ts: no engine')
    expect(ok).toBe(false)
  })

  it('does not take a run without tests, or without a report, for a good one', () => {
    expect(closingOf({ success: true, testResults: [] })).toMatchObject({
      line: '0 passed, 0 failed',
      ok: false,
    })
    expect(closingOf(undefined)).toMatchObject({ line: '0 passed, 0 failed', ok: false })
  })

  it('believes vitest when it says that something outside of the tests failed', () => {
    expect(closingOf(report(['passed'], 'passed', false)).ok).toBe(false)
  })
})

describe('a second look', () => {
  const failedOnce = report(['passed', 'failed'], 'failed', false)

  it('is taken at files that failed, when they are few', () => {
    expect(filesToLookAtAgain(failedOnce)).toEqual(['a.test.ts'])
    expect(filesToLookAtAgain(report(['passed']))).toEqual([])
    expect(filesToLookAtAgain(undefined)).toEqual([])
    const many = ['a', 'b', 'c', 'd'].map((name) => ({ name, status: 'failed', assertionResults: [] }))
    expect(filesToLookAtAgain({ success: false, testResults: many })).toEqual([])
  })

  it('makes the run good when all of it passes, and names what passed only then', () => {
    const again: Report = {
      success: true,
      testResults: [
        {
          name: 'a.test.ts',
          status: 'passed',
          assertionResults: [test('passed'), { ...test('failed'), status: 'passed' }],
        },
      ],
    }
    expect(closingOf(failedOnce, again)).toEqual({
      line: '2 passed, 0 failed',
      complaints: ['unsteady, passed only when run again: a test that failed'],
      ok: true,
    })
    expect(closingOf(report([], 'failed', false), again)).toMatchObject({
      complaints: ['unsteady, passed only when run again: a.test.ts'],
      ok: true,
    })
  })

  it('is not taken where nobody caught an error, which counts even where all tests pass', () => {
    const unhandled = ['Error: somewhere']
    expect(filesToLookAtAgain(failedOnce, unhandled)).toEqual([])
    const again: Report = { ...report(['passed', 'passed']), success: true }
    for (const [first, second] of [
      [failedOnce, again],
      [report(['passed', 'passed']), undefined],
    ] as const) {
      const { line, complaints, ok } = closingOf(first, second, unhandled)
      expect({ line, ok }).toEqual({ line: '2 passed, 1 failed', ok: false })
      expect(complaints).toContain('nobody caught: Error: somewhere')
    }
  })

  it('fails the run when something fails again', () => {
    expect(closingOf(failedOnce, failedOnce)).toEqual({
      line: '1 passed, 1 failed',
      complaints: ['failed: a test that failed'],
      ok: false,
    })
  })

  it('says nothing for files that it did not look at', () => {
    const elsewhere: Report = {
      success: true,
      testResults: [{ name: 'b.test.ts', status: 'passed', assertionResults: [] }],
    }
    expect(closingOf(failedOnce, elsewhere)).toMatchObject({ line: '1 passed, 1 failed', ok: false })
  })
})
