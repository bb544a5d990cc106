import { z } from '@portcullis/kernel/schema'
import { type AnyPolicy, anyPolicy, type OperationPlace } from '@portcullis/policy-kit/policy'
import { effectiveSteps } from '@portcullis/policy-kit/step/effective-steps'
import { proceed } from '@portcullis/policy-kit/verdict'
import { describe, expect, test } from 'vitest'
import { shopRevision, testPorts } from '../test-kit/front.ts'
import { attach } from '../test-kit/policy.ts'
import { stepBinder } from './bind-steps.ts'

/** A policy that tells how often it was bound, and derives what it is told to. */
function counting(derive?: (place: OperationPlace) => unknown): { policy: AnyPolicy; bound: () => number } {
  let bound = 0
  const policy = anyPolicy({
    contract: {
      id: 'counting',
      summary: 'Counts',
      phase: 'limit' as const,
      stacking: 'every' as const,
      config: z.strictObject({}),
      faults: {},
      body: { need: 'none' as const },
      mayFailOpen: false,
      ...(derive && { derive }),
    },
    needs: [],
    bind: () => {
      bound++
      return { onRequest: () => proceed() }
    },
  })
  return { policy, bound: () => bound }
}

function bindAll(policy: AnyPolicy, policies = [attach('counting')]) {
  const revision = shopRevision('http://127.0.0.1:1', { policies })
  const bind = stepBinder(testPorts)
  const [api] = revision.apis
  return (api?.operations ?? []).map((operation) =>
    effectiveSteps([policy], { revision, api: api as NonNullable<typeof api>, operation }).map(bind),
  )
}

describe('binding the steps of a revision', () => {
  test('binds an attachment once for all operations', () => {
    const { policy, bound } = counting()
    expect(bindAll(policy)).toHaveLength(12)
    expect(bound()).toBe(1)
  })

  test('binds it once for each of several equal facts', () => {
    const { policy, bound } = counting(({ operation }) => ({
      isRead: operation.method === 'GET',
      scopes: ['a'],
    }))
    const steps = bindAll(policy)
    expect(bound()).toBe(2)
    expect(steps[0]?.[0]).toBe(steps[1]?.[0])
    expect(steps[0]?.[0]).not.toBe(steps[4]?.[0])
  })

  test('never shares facts that it cannot compare', () => {
    const { policy, bound } = counting(({ operation }) => ({ methods: new Set([operation.method]) }))
    bindAll(policy)
    expect(bound()).toBe(12)
  })

  test('keeps two attachments of one policy apart', () => {
    const { policy, bound } = counting()
    bindAll(policy, [attach('counting'), attach('counting')])
    expect(bound()).toBe(2)
  })
})
