import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { afterBegin, afterEnd, type CallResult, type Circuit, closedCircuit, permits } from './circuit.ts'

const rules = {
  failurePercent: 50,
  minimumCalls: 4,
  windowMillis: 1_000,
  openForMillis: 500,
  trialCalls: 2,
}

function call(state: Circuit, result: CallResult, now: number): Circuit {
  const begun = afterBegin(state)
  return afterEnd(begun, rules, now, begun.epoch, result)
}

function calls(state: Circuit, results: readonly CallResult[], now: number): Circuit {
  return results.reduce((each, result) => call(each, result, now), state)
}

const opened = calls(closedCircuit(0), ['bad', 'bad', 'bad', 'bad'], 0)

describe('a circuit', () => {
  it('opens when too large a share of enough calls fails', () => {
    expect(calls(closedCircuit(0), ['bad', 'bad', 'bad'], 0).mode).toBe('closed')
    expect(calls(closedCircuit(0), ['good', 'good', 'good', 'bad'], 0).mode).toBe('closed')
    expect(calls(closedCircuit(0), ['good', 'good', 'bad', 'bad'], 0).mode).toBe('open')
  })

  it('forgets what happened before the window', () => {
    const before = calls(closedCircuit(0), ['bad', 'bad', 'bad'], 0)
    expect(call(before, 'bad', 999).mode).toBe('open')
    expect(call(before, 'bad', 1_000).mode).toBe('closed')
  })

  it('lets nothing through while it is open, then so many trials and no more', () => {
    expect(permits(opened, rules, 499)).toBe(false)
    expect(permits(opened, rules, 500)).toBe(true)
    const one = afterBegin(opened)
    expect(permits(one, rules, 500)).toBe(true)
    expect(permits(afterBegin(one), rules, 500)).toBe(false)
  })

  it('closes when every trial succeeds, and opens again at the first that fails', () => {
    expect(calls(opened, ['good', 'good'], 500).mode).toBe('closed')
    expect(calls(opened, ['good', 'bad'], 500)).toMatchObject({ mode: 'open', until: 1_000 })
  })

  it('gives a trial back whose caller went away', () => {
    const abandoned = calls(opened, ['none', 'none', 'none'], 500)
    expect(permits(abandoned, rules, 500)).toBe(true)
    expect(calls(abandoned, ['good', 'good'], 500).mode).toBe('closed')
  })

  it('learns nothing from a call that began before it opened', () => {
    const early = closedCircuit(0)
    const trial = afterBegin(opened)
    expect(afterEnd(trial, rules, 500, early.epoch, 'bad')).toBe(trial)
    expect(afterEnd(trial, rules, 500, early.epoch, 'good')).toBe(trial)
  })

  it('never has more trials under way than allowed, and never stays shut for ever', () => {
    const act = fc.oneof(
      fc.record({ do: fc.constant('begin' as const) }),
      fc.record({
        do: fc.constant('end' as const),
        result: fc.constantFrom<CallResult>('good', 'bad', 'none'),
        which: fc.nat(20),
      }),
      fc.record({ do: fc.constant('wait' as const), millis: fc.nat(800) }),
    )
    fc.assert(
      fc.property(fc.array(act, { maxLength: 120 }), (acts) => {
        let state: Circuit = closedCircuit(0)
        let now = 0
        const underWay: number[] = []
        const end = (index: number, result: CallResult): void => {
          const [epoch] = underWay.splice(index, 1)
          if (epoch !== undefined) state = afterEnd(state, rules, now, epoch, result)
        }
        for (const each of acts) {
          if (each.do === 'wait') now += each.millis
          if (each.do === 'end' && underWay.length > 0) end(each.which % underWay.length, each.result)
          if (each.do === 'begin' && permits(state, rules, now)) {
            state = afterBegin(state)
            underWay.push(state.epoch)
          }
          const trials = underWay.filter((epoch) => epoch === state.epoch).length
          if (state.mode === 'half-open') expect(trials).toBeLessThanOrEqual(rules.trialCalls)
          if (state.mode === 'open') expect(permits(state, rules, now)).toBe(now >= state.until)
        }
        // Everything ends well, time goes by, and calls pass again.
        while (underWay.length > 0) end(0, 'good')
        now += rules.openForMillis
        expect(permits(state, rules, now)).toBe(true)
      }),
    )
  })
})
