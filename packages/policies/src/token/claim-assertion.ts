import { jsonPointer, type PointerPath, pathOf, valueAt } from '@portcullis/kernel/json-pointer'
import { z } from '@portcullis/kernel/schema'
import type { Claims } from './identity.ts'

const scalar = z.union([z.string().max(1024), z.number(), z.boolean()])

/** What a token must say besides. */
export const claimAssertion = z
  .strictObject({
    claim: jsonPointer().describe('Where the claim is.'),
    equals: scalar.optional().describe('It is exactly this.'),
    oneOf: z.array(scalar).min(1).max(64).optional().describe('It is one of these.'),
    contains: scalar
      .optional()
      .describe('It is a list with this in it, or a text with this among its words.'),
    present: z.literal(true).optional().describe('It is there and not null.'),
  })
  .refine(
    ({ claim: _, ...demands }) => Object.values(demands).filter((each) => each !== undefined).length === 1,
    'one of equals, oneOf, contains, present',
  )
export type ClaimAssertion = z.infer<typeof claimAssertion>

/** An assertion with its pointer taken apart. */
export interface ReadyAssertion {
  readonly path: PointerPath
  readonly assertion: ClaimAssertion
}

export function readyAssertion(assertion: ClaimAssertion): ReadyAssertion {
  return { path: pathOf(assertion.claim), assertion }
}

/** The first assertion that does not hold, by its pointer. */
export function brokenAssertion(assertions: readonly ReadyAssertion[], claims: Claims): string | undefined {
  return assertions.find(({ path, assertion }) => !holds(assertion, valueAt(claims, path)))?.assertion.claim
}

function holds({ equals, oneOf, contains }: ClaimAssertion, value: unknown): boolean {
  if (equals !== undefined) return value === equals
  if (oneOf !== undefined) return oneOf.some((each) => each === value)
  if (contains !== undefined) return wordsOf(value).includes(contains)
  return value !== undefined && value !== null
}

function wordsOf(value: unknown): readonly unknown[] {
  if (typeof value === 'string') return value.split(' ')
  return Array.isArray(value) ? value : []
}
