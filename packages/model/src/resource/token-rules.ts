import { duration, name, z } from '@portcullis/kernel/schema'
import { approvers } from '../approval/approval.ts'
import { OWN_CLAIMS } from '../own-claim.ts'
import { group, role } from './role.ts'

const MOST_CLAIM_CHARACTERS = 4096

const scope = z.string().min(1).max(256)
const condition = z.string().min(1).max(4096)
const claim = z
  .string()
  .min(1)
  .max(64)
  .refine((each) => !OWN_CLAIMS.has(each), 'a claim that tokens do not have of their own accord')
const claims = z
  .record(claim, z.json())
  .refine(
    (each) => JSON.stringify(each).length <= MOST_CLAIM_CHARACTERS,
    `claims are at most ${MOST_CLAIM_CHARACTERS} characters as JSON`,
  )

/** What a rule makes of a token. All that applies holds: of lives the shortest, and a refusal before anything else. */
export const tokenOutcome = z.strictObject({
  dropScopes: z.array(scope).min(1).max(64).optional(),
  addClaims: claims.optional(),
  dropClaims: z.array(claim).min(1).max(64).optional(),
  /** The most that the token may live. */
  life: duration().optional(),
  /** The user must have signed in like this, or the token is refused, and the app is told to ask for it. */
  stepUp: z
    .strictObject({ acr: z.string().min(1).max(256).optional(), maxAge: duration().optional() })
    .refine(({ acr, maxAge }) => acr !== undefined || maxAge !== undefined, 'acr, maxAge or both')
    .optional(),
  /** People must allow the token first, where it has one of the scopes (any, when absent); how long they have (one day when absent). */
  approval: approvers
    .extend({ within: duration().optional(), scopes: z.array(scope).min(1).max(64).optional() })
    .optional(),
  /** The token is refused, and the app's developer told why. */
  refuse: z.string().min(1).max(200).optional(),
})
export type TokenOutcome = z.infer<typeof tokenOutcome>

/** One rule: what it makes of a token for which its condition holds, or what a rule in TypeScript says. */
export const tokenRule = z
  .strictObject({
    name: name(),
    /** In Cedar; the rule holds for every token when absent. Where it has no answer, the token is refused. */
    when: condition.optional(),
    outcome: tokenOutcome.optional(),
    /** A rule of the operator's own, by the name of its file. */
    custom: name().optional(),
  })
  .refine((each) => (each.outcome === undefined) !== (each.custom === undefined), 'either outcome or custom')
  .refine(({ outcome }) => outcome === undefined || Object.keys(outcome).length > 0, 'something in outcome')
export type TokenRule = z.infer<typeof tokenRule>

const scopesOf = z.array(scope).max(512)

/** Scopes that can be asked for in advance, and are then had for a time. */
export const scopeRequest = z.strictObject({
  scopes: z.array(scope).min(1).max(64),
  /** Users with one of these roles may ask; every user when neither this nor `apps` is there. */
  from: z.array(role).min(1).max(64).optional(),
  /** Apps that may ask for themselves. */
  apps: z.array(name()).min(1).max(1_000).optional(),
  /** Who must agree; when absent, whoever may ask gets them at once. */
  approvers: approvers.optional(),
  /** How long these have (one day when absent). */
  within: duration().optional(),
  /** How long they are had. */
  life: duration(),
})
export type ScopeRequest = z.infer<typeof scopeRequest>

/** Who gets which token, for every grant alike. */
export const tokenRulesSpec = z.strictObject({
  title: z.string().min(1).max(200),
  /** For tokens of which APIs; of every one when absent. */
  apis: z.array(name()).min(1).max(1_000).optional(),
  /** What a role may have. A scope that is named here or in `groups` is for those alone. */
  roles: z.record(role, scopesOf).optional(),
  groups: z.record(group, scopesOf).optional(),
  /** In the order in which they are told of. */
  rules: z.array(tokenRule).max(256).default([]),
  requests: z.array(scopeRequest).min(1).max(64).optional(),
})
