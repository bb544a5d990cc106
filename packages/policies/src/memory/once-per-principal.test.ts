import { defineFaults } from '@portcullis/kernel/fault'
import type { Principal } from '@portcullis/policy-kit/principal'
import { proceed, refuse } from '@portcullis/policy-kit/verdict'
import { describe, expect, it } from 'vitest'
import { oncePerPrincipal } from './once-per-principal.ts'

const faults = defineFaults('test', { no: { status: 403, title: 'No', remedy: 'None.' } })

function principal(client: string): Principal {
  const scopes = new Set<string>()
  return { schemes: [], issuer: 'x', client, subject: client, scopes, expiresAt: 0, claims: {} }
}

describe('oncePerPrincipal', () => {
  it('decides once for a principal that may go on', () => {
    const decide = oncePerPrincipal(({ client }) => proceed({ client }))
    const robot = principal('robot')
    expect(decide(robot)).toBe(decide(robot))
  })

  it('decides for every principal by itself, also for one that is equal to another', () => {
    const decided: Principal[] = []
    const decide = oncePerPrincipal((each) => {
      decided.push(each)
      return proceed({ client: each.client })
    })
    const all = ['robot', 'person', 'robot'].map(principal)
    expect(all.map(decide)).toEqual(all.map(({ client }) => proceed({ client })))
    expect(decided).toEqual(all)
  })

  it('never gives one principal what a verdict changes for another, though the same was seen of both', () => {
    const decide = oncePerPrincipal((each) => proceed({ scopes: 'all' }, { principal: each }))
    const [one, other] = [principal('robot'), principal('robot')]
    expect(decide(one)).toMatchObject({ changes: { principal: one } })
    const changed = decide(other)
    expect(changed.verdict === 'proceed' && changed.changes?.principal).toBe(other)
    expect(changed.saw).toBe(decide(one).saw)
  })

  it('gives principals that are alike one verdict where it changes the same for both', () => {
    const subscriber = { subscription: 'robot-shop', product: 'shop', plan: 'gold' }
    const decide = oncePerPrincipal(({ client }) => proceed({ client }, { subscriber }))
    expect(decide(principal('robot'))).toBe(decide(principal('robot')))
    expect(decide(principal('person'))).not.toBe(decide(principal('robot')))
  })

  it('says with one object what was seen of principals that are alike', () => {
    const decide = oncePerPrincipal(({ client }) => proceed({ client }))
    const [robot, other] = [decide(principal('robot')), decide(principal('robot'))]
    expect(robot.saw).toBe(other.saw)
    expect(decide(principal('person')).saw).toEqual({ client: 'person' })
  })

  it('makes every refusal anew', () => {
    const decide = oncePerPrincipal(() => refuse(faults.no()))
    const robot = principal('robot')
    expect(decide(robot)).toMatchObject({ verdict: 'refuse' })
    expect(decide(robot)).not.toBe(decide(robot))
  })
})
