import { z } from '@portcullis/kernel/schema'
import { publicKeys } from './public-key.ts'

/** What a registration (RFC 7591) has to bring: a token of an administrator, a software statement, or nothing. */
export const registrationAccess = z.enum(['token', 'statement', 'open'])

/** Grants that an app can have by registering. Those by which it would act in other names are given by people alone. */
export const registrableGrant = z.enum([
  'authorization_code',
  'refresh_token',
  'device_code',
  'client_credentials',
])

/** Who may register apps by themselves, and what those are at most. */
export const registrationRule = z.strictObject({
  access: registrationAccess,
  /** The most that they may have. */
  grants: z.array(registrableGrant).min(1).max(4).default(['authorization_code', 'refresh_token']),
  /** So many registered apps there are at most. */
  mostApps: z.int().min(1).max(10_000).default(100),
})
export type RegistrationRule = z.infer<typeof registrationRule>

/** Somebody whose software statements are taken: who they say they are (`iss`), and with which keys they sign. */
export const statementIssuer = z.strictObject({ issuer: z.string().min(1).max(2048), jwks: publicKeys })

const text = (most: number) => z.string().min(1).max(most)

/** What a software statement allows: what an app that came with it may never go beyond. What is absent is not limited. */
export const statementCeiling = z.strictObject({
  /** Who issued it, and its id (`jti`). */
  issuer: text(2048),
  id: text(256),
  /** Scopes that its tokens may have, whatever it subscribes to. */
  allowedScopes: z.array(text(256)).max(256).optional(),
  redirectUris: z.array(text(2048)).max(32).optional(),
  /** Grants that it may have. */
  grants: z.array(text(128)).max(8).optional(),
  /** What else it says of the app, by its name in RFC 7591 §2: name, keys, how it proves who it is. The app can't say otherwise. */
  attested: z.record(z.string().max(64), z.json()).optional(),
  /** Audiences that its tokens may be for. */
  audience: z.array(text(2048)).min(1).max(32).optional(),
})
export type StatementCeiling = z.infer<typeof statementCeiling>

/** That an app registered itself, how, and within which bounds. It stays as it is for as long as the app is there. */
export const registered = z.strictObject({
  /** ISO 8601, UTC. */
  at: z.iso.datetime(),
  by: registrationAccess,
  statement: statementCeiling.optional(),
})
