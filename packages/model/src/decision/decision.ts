import { name, z } from '@portcullis/kernel/schema'
import { mode } from '../attachment.ts'
import { ending } from './ending.ts'

const scalar = z.union([z.string(), z.number(), z.boolean()])

/** The inputs that a step looked at. Never a secret, never personal data. */
export const seen = z.record(z.string(), scalar)

/** Whether the condition of a step held for a call, and what went wrong where it had no answer. */
export const whenTold = z.strictObject({ holds: z.boolean(), error: z.string().max(512).optional() })
export type WhenTold = z.infer<typeof whenTold>

/** What one step of a call said. */
export const decisionStep = z.strictObject({
  policy: z.string(),
  /** Where the step came from: `contract`, `environment production`, `plan gold` … */
  origin: z.string(),
  mode,
  /** `skip`: it did not run, because its condition did not hold. */
  verdict: z.enum(['proceed', 'respond', 'refuse', 'delay', 'skip']),
  /** Of a step with a condition that did not hold, or had no answer. */
  when: whenTold.optional(),
  /** The fault's code where it refused. */
  code: z.string().optional(),
  saw: seen.optional(),
  micros: z.int(),
})
export type DecisionStep = z.infer<typeof decisionStep>

/** `allowed`: the backend answered; `answered`: a step did; `refused`: a step or no route; `failed`: our or the backend's fault. */
export const outcome = z.enum(['allowed', 'answered', 'refused', 'failed'])
export type Outcome = z.infer<typeof outcome>

/** A target is named by host and port alone. */
const targetName = z.string().max(300)

/** One try at one target. */
export const attempt = z.strictObject({
  target: targetName,
  status: z.int().optional(),
  /** Of the fault, where no reply came. */
  code: z.string().optional(),
  micros: z.int(),
})
export type Attempt = z.infer<typeof attempt>

/** What the backend did. Where it has one target, that needs no name. */
export const upstreamCall = z.strictObject({
  status: z.int().optional(),
  micros: z.int(),
  /** The one that was tried last. */
  target: targetName.optional(),
  /** All of them in their order, where there was more than one. */
  attempts: z.array(attempt).max(16).optional(),
  /** No target was fit for service, so all of them were used. */
  panic: z.literal(true).optional(),
})
export type UpstreamCall = z.infer<typeof upstreamCall>

/** A token, as far as everybody may know it. */
const tokenTold = z.strictObject({
  issuer: z.string().max(2048),
  audience: z.array(z.string().max(2048)).max(16),
  /** Absent where it does not end by itself. */
  expiresAt: z.iso.datetime().optional(),
  /** The identity provider that knows the user (`idp`). */
  identityProvider: z.string().max(256).optional(),
  /** Who acted for the user before whoever presents it, the first of them first (`act`, RFC 8693 §4.1). */
  actors: z.array(z.string().max(256)).min(1).max(8).optional(),
})

/** Who the backend was told that calls, and how. Never a secret. */
export const backendIdentity = z.strictObject({
  /** `token-exchange`, `basic`, `identity-token` … */
  method: z.string().max(64),
  /** For whom it is: nobody else should take it. */
  audience: z.string().max(2048).optional(),
  issuer: z.string().max(2048).optional(),
  /** What the gateway is called there. */
  client: z.string().max(256).optional(),
  /** Whom it speaks of: whoever called, or the gateway alone. */
  speaksOf: z.enum(['caller', 'gateway']),
  /** Absent where it does not end by itself. */
  expiresAt: z.iso.datetime().optional(),
  /** What the caller presented, where this follows from it. */
  presented: tokenTold.optional(),
})
export type BackendIdentity = z.infer<typeof backendIdentity>

export const operationCalled = z.strictObject({
  api: z.string(),
  version: z.string(),
  id: z.string(),
  path: z.string(),
})

export type OperationCalled = z.infer<typeof operationCalled>

/** A token that was asked for at the authorization server. */
export const tokenDecision = z.strictObject({
  /** The `grant_type` of the request. */
  grant: z.string().max(256),
  audience: z.string().max(2048).optional(),
  /** What would have been issued without rules, and what was. */
  asked: z.array(z.string().max(256)).max(512).optional(),
  given: z.array(z.string().max(256)).max(512).optional(),
  seconds: z.int().optional(),
  /** What the app was told where it got none. */
  why: z.string().max(1000).optional(),
  /** The approval that it waits for, or that let it pass. */
  approval: z.string().max(64).optional(),
})
export type TokenDecision = z.infer<typeof tokenDecision>

/** The environment of a record of a token that is for no API. */
export const NO_ENVIRONMENT = 'none'

/** All that was decided about one request. It holds no path, query, header, address or body of the caller. */
export const decision = z.strictObject({
  id: z.string(),
  organization: name(),
  environment: name(),
  /** The revision's number. */
  revision: z.int(),
  /** ISO 8601, UTC: when the request's head was complete. */
  at: z.iso.datetime(),
  method: z.string(),
  /** Absent where no operation matched. */
  operation: operationCalled.optional(),
  client: z.string().optional(),
  subject: z.string().optional(),
  outcome,
  status: z.int(),
  /** Of the fault that decided, where one did. */
  code: z.string().optional(),
  steps: z.array(decisionStep),
  upstream: upstreamCall.optional(),
  /** Who the backend was told that calls: once for each step that told it. */
  backend: z.array(backendIdentity).min(1).max(4).optional(),
  /** Of a token request; then no operation was called, and no revision decided alone. */
  token: tokenDecision.optional(),
  /** Of the record that is made when a standing call ends; then no steps are told again. */
  ending: ending.optional(),
  /** From the complete head of the request to the head of the reply. */
  micros: z.int(),
})
export type Decision = z.infer<typeof decision>
