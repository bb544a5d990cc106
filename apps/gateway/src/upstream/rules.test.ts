import { normalizeUpstream } from '@portcullis/model/resource/upstream'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rampOf } from './balance/slow-start.ts'
import { maySendAgain } from './delivery/may-send-again.ts'
import { afterCall, initialBudget, spendRetry } from './delivery/retry-budget.ts'
import { afterCheck, notYetChecked } from './fitness/check-streak.ts'
import { rulesOf } from './rules.ts'

describe('checks', () => {
  const rules = { healthyAfter: 2, unhealthyAfter: 3 }

  it('take a target out after so many bad answers in a row, and bring it back after so many good ones', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 60 }), (answers) => {
        let state = notYetChecked
        let healthy = true
        let since = 0
        answers.forEach((good, i) => {
          state = afterCheck(state, rules, good)
          const row = answers.slice(since, i + 1).slice(healthy ? -3 : -2)
          if (row.length === (healthy ? 3 : 2) && row.every((each) => each !== healthy)) {
            healthy = !healthy
            since = i + 1
          }
          expect(state.healthy).toBe(healthy)
        })
      }),
    )
  })
})

describe('the retry budget', () => {
  it('never allows more retries than ten and the share of the calls, in whatever order they come', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), fc.array(fc.boolean()), (percent, acts) => {
        let budget = initialBudget
        let calls = 0
        let retries = 0
        for (const isCall of acts) {
          if (isCall) {
            calls++
            budget = afterCall(budget, percent)
            continue
          }
          const left = spendRetry(budget)
          if (left !== undefined) retries++
          budget = left ?? budget
          expect(budget).toBeGreaterThanOrEqual(0)
        }
        expect(retries).toBeLessThanOrEqual(10 + (calls * percent) / 100)
      }),
    )
  })

  it('saves no more than a hundred for bad times', () => {
    let budget = initialBudget
    for (let i = 0; i < 100_000; i++) budget = afterCall(budget, 100)
    let retries = 0
    for (let left = spendRetry(budget); left !== undefined; left = spendRetry(left)) retries++
    expect(retries).toBe(100)
  })
})

describe('what may be sent again', () => {
  const on = ['connect-failure', 'no-answer', 503] as const
  async function* streaming() {
    yield new Uint8Array(1)
  }

  it('is everything of which nothing was sent', () => {
    expect(maySendAgain('connect-failure', on, { method: 'POST', body: streaming() })).toBe(true)
  })

  it('is otherwise only what may be done twice and whose body is still here', () => {
    for (const happened of ['no-answer', 503] as const) {
      expect(maySendAgain(happened, on, { method: 'GET', body: undefined })).toBe(true)
      expect(maySendAgain(happened, on, { method: 'PUT', body: new Uint8Array(3) })).toBe(true)
      expect(maySendAgain(happened, on, { method: 'PUT', body: streaming() })).toBe(false)
      expect(maySendAgain(happened, on, { method: 'POST', body: undefined })).toBe(false)
      expect(maySendAgain(happened, on, { method: 'PATCH', body: undefined })).toBe(false)
    }
  })

  it('is nothing that was not declared', () => {
    expect(maySendAgain('connect-failure', [503], { method: 'GET', body: undefined })).toBe(false)
    expect(maySendAgain(502, on, { method: 'GET', body: undefined })).toBe(false)
  })
})

describe('slow start', () => {
  it('grows from a tenth to all of the weight, and never shrinks', () => {
    const millis = fc.integer({ min: 1, max: 100_000 })
    fc.assert(
      fc.property(millis, millis, millis, (a, b, slowStartMillis) => {
        const [early, late] = [Math.min(a, b), Math.max(a, b)]
        expect(rampOf(early, slowStartMillis)).toBeLessThanOrEqual(rampOf(late, slowStartMillis))
        expect(rampOf(early, slowStartMillis)).toBeGreaterThanOrEqual(0.1)
        expect(rampOf(slowStartMillis + a, slowStartMillis)).toBe(1)
      }),
    )
  })
})

describe('the rules of an upstream', () => {
  it('have every time in milliseconds, and no end where none is declared', () => {
    expect(rulesOf(normalizeUpstream('http://a.internal'))).toMatchObject({
      ejection: { failures: 5, ejectForMillis: 30_000, maxEjectedPercent: 50 },
      slowStartMillis: 0,
      attemptMillis: Number.POSITIVE_INFINITY,
      totalMillis: Number.POSITIVE_INFINITY,
      circuit: undefined,
      checks: undefined,
    })
  })
})
