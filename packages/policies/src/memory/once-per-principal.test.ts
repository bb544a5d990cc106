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

  it('never gives one principal the verdict of another, not even of an equal one', () => {
    const decide = oncePerPrincipal(({ client }) => proceed({ client }))
    const first = decide(principal('robot'))
    expect(decide(principal('person'))).toEqual(proceed({ client: 'person' }))
    expect(decide(principal('robot'))).not.toBe(first)
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
