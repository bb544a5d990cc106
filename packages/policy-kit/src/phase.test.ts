import { describe, expect, test } from 'vitest'
import { comparePolicies, isAfterSubscribe, namedIn, outerPhases, phases } from './phase.ts'

describe('the order of a call', () => {
  test('names every phase and every policy once', () => {
    expect(new Set(phases).size).toBe(phases.length)
    const ids = phases.flatMap(namedIn)
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('puts what needs no operation before everything else', () => {
    expect(phases.slice(0, outerPhases.length)).toEqual(outerPhases)
  })

  test('compares by phase first, then as the phase names its policies, the others last and alike', () => {
    const limit = (id: string) => ({ phase: 'limit' as const, id })
    expect(comparePolicies({ phase: 'cors', id: 'z' }, limit('a'))).toBeLessThan(0)
    expect(comparePolicies(limit('rate-limit'), limit('quota'))).toBeLessThan(0)
    expect(comparePolicies(limit('quota'), limit('own'))).toBeLessThan(0)
    expect(comparePolicies(limit('own'), limit('another'))).toBe(0)
  })

  test('knows the plan of a caller only after subscribe', () => {
    expect(phases.filter((phase) => !isAfterSubscribe(phase))).toEqual([
      'connection',
      'cors',
      'csrf',
      'authenticate',
      'authorize',
      'subscribe',
    ])
  })
})
