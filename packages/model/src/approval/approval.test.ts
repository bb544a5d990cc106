import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Approval,
  approval as approvalSchema,
  decideApproval,
  type Person,
  stateOfApproval,
  withdrawApproval,
} from './approval.ts'

const START = Date.parse('2026-11-22T12:00:00Z')
const HOUR = 3_600_000

function pending(count = 1): Approval {
  return {
    id: 'apr_1',
    kind: 'token',
    title: 'The shop wants to order for ada',
    details: { scopes: ['order_item'] },
    asker: { app: 'shop', user: 'ada' },
    approvers: { roles: ['owner', 'security'], count },
    askedAt: new Date(START).toISOString(),
    expiresAt: new Date(START + HOUR).toISOString(),
    decisions: [],
  }
}

const people: readonly Person[] = [
  { name: 'ada', roles: ['owner', 'security'] },
  { name: 'grace', roles: ['owner'] },
  { name: 'alan', roles: ['security'] },
  { name: 'edsger', roles: ['owner', 'staff'] },
  { name: 'barbara', roles: ['staff'] },
  { name: 'kurt', roles: [] },
]

type Step =
  | { readonly kind: 'decide'; readonly person: Person; readonly verdict: 'approve' | 'refuse' }
  | { readonly kind: 'withdraw' }
  | { readonly kind: 'wait'; readonly millis: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('decide' as const),
      person: fc.constantFrom(...people),
      verdict: fc.constantFrom('approve' as const, 'approve' as const, 'refuse' as const),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'withdraw' as const }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('wait' as const), millis: fc.integer({ min: 1, max: HOUR }) }),
  },
)

/** Every approval that comes about, with the time, the first included. */
function history(count: number, steps: readonly Step[]) {
  let now = START
  let current = pending(count)
  const all = [{ approval: current, now }]
  for (const each of steps) {
    if (each.kind === 'wait') now += each.millis
    if (each.kind === 'withdraw') current = withdrawApproval(current, now) ?? current
    if (each.kind === 'decide') {
      const answer = decideApproval(
        current,
        each.person,
        undefined,
        { verdict: each.verdict, reason: 'as it is' },
        now,
      )
      current = 'approval' in answer ? answer.approval : current
    }
    all.push({ approval: current, now })
  }
  return all
}

const anything = [fc.integer({ min: 1, max: 3 }), fc.array(step, { maxLength: 14 })] as const

function always(holds: (all: ReturnType<typeof history>, count: number) => void): void {
  fc.assert(fc.property(...anything, (count, steps) => holds(history(count, steps), count)))
}

describe('an approval', () => {
  it('is decided by nobody who asked for it, who lacks its roles, or who has decided before', () => {
    always((all) => {
      const { decisions } = all.at(-1)?.approval ?? pending()
      const names = decisions.map(({ by }) => by)
      expect(names).not.toContain('ada')
      expect(names.every((each) => ['grace', 'alan', 'edsger'].includes(each))).toBe(true)
      expect(new Set(names).size).toBe(names.length)
    })
  })

  it('stays what it became: refused, approved, expired and withdrawn are final', () => {
    always((all) => {
      const states = all.map(({ approval, now }) => stateOfApproval(approval, now))
      const ended = states.findIndex((each) => each !== 'pending')
      if (ended < 0) return
      expect(new Set(states.slice(ended)).size).toBe(1)
      expect(new Set(all.slice(ended).map(({ approval }) => approval)).size).toBe(1)
    })
  })

  it('is approved by exactly as many as it needs, and by none who refused', () => {
    always((all, count) => {
      for (const { approval, now } of all) {
        if (stateOfApproval(approval, now) !== 'approved') continue
        expect(approval.decisions.map(({ verdict }) => verdict)).toEqual(Array(count).fill('approve'))
      }
    })
  })

  it('is refused by the first who refuses, whoever approved before', () => {
    const approved = decided(pending(2), 'grace', 'approve')
    expect(stateOfApproval(decided(approved, 'alan', 'refuse'), START)).toBe('refused')
  })

  it('takes no decision from the moment on at which it expires', () => {
    const person = people[1] as Person
    const said = { verdict: 'approve', reason: '' } as const
    expect(decideApproval(pending(), person, undefined, said, START + HOUR - 1)).toHaveProperty('approval')
    expect(decideApproval(pending(), person, undefined, said, START + HOUR)).toEqual({ objection: 'over' })
  })

  it('is of the shape that is kept, whatever was decided', () => {
    always((all) => {
      for (const { approval } of all) expect(approvalSchema.safeParse(approval).success).toBe(true)
    })
  })
})

function decided(approval: Approval, by: string, verdict: 'approve' | 'refuse'): Approval {
  const person = people.find(({ name }) => name === by) as Person
  const answer = decideApproval(approval, person, undefined, { verdict, reason: 'seen' }, START)
  if (!('approval' in answer)) throw new Error(answer.objection)
  return answer.approval
}
