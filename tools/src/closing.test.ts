import { describe, expect, it } from 'vitest'
import { closingOf, type Report } from './closing.ts'

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
