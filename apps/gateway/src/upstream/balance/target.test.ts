import { upstream } from '@portcullis/model/resource/upstream'
import { describe, expect, it } from 'vitest'
import { rulesOf } from '../rules.ts'
import { Target } from './target.ts'

const rules = rulesOf(
  upstream.parse({
    targets: [{ url: 'http://a.internal' }],
    health: {
      active: { path: '/', healthyAfter: 1, unhealthyAfter: 1 },
      passive: { failures: 1, ejectFor: '1s' },
    },
    circuitBreaker: { minimumCalls: 1, openFor: '5s', trialCalls: 1 },
  }),
)
const always = () => true

describe('a target', () => {
  it.each([
    ['https://a.internal/base', 'a.internal:443'],
    ['http://a.internal', 'a.internal:80'],
    ['http://[::1]:8080/', '[::1]:8080'],
    ['http://[::1]/', '[::1]:80'],
  ])('of %s is named by host and port alone: %s', (url, name) => {
    expect(new Target(url, 0, 0).name).toBe(name)
  })

  it('is in service from the start, and anew when its checks pass again', () => {
    const target = new Target('http://a.internal', 0, Number.NEGATIVE_INFINITY)
    expect(target.sinceMillis(100)).toBe(Number.POSITIVE_INFINITY)
    expect(target.learnCheck(false, rules, 200)).toBe('checks-fail')
    expect(target.isFit(rules, 200)).toBe(false)
    expect(target.learnCheck(true, rules, 300)).toBe('checks-pass')
    expect(target.isFit(rules, 300)).toBe(true)
    expect(target.sinceMillis(350)).toBe(50)
  })

  it('is in service anew when its ejection ends', () => {
    const target = new Target('http://a.internal', 0, Number.NEGATIVE_INFINITY)
    const { circuit: _, ...open } = rules
    const without = { ...open, circuit: undefined }
    expect(target.learn('bad', target.begin(without), without, 100, always)).toEqual(['ejected'])
    expect(target.isFit(without, 1_099)).toBe(false)
    expect(target.isFit(without, 1_100)).toBe(true)
    expect(target.sinceMillis(1_150)).toBe(50)
  })

  it('tells everything that one call changed', () => {
    const target = new Target('http://a.internal', 0, 0)
    expect(target.learn('bad', target.begin(rules), rules, 0, always)).toEqual(['circuit-open', 'ejected'])
    expect(target.learn('good', target.begin(rules), rules, 5_000, always)).toEqual(['circuit-closed'])
    expect(target.counts).toEqual({ calls: 2, failures: 1, ejections: 1 })
  })

  it('learns nothing from checks that are declared no more', () => {
    const target = new Target('http://a.internal', 0, 0)
    target.learnCheck(false, rules, 0)
    expect(target.isFit({ ...rules, checks: undefined }, 0)).toBe(true)
  })
})
