import { hash } from 'node:crypto'
import { z } from '@portcullis/kernel/schema'
import { statementKeys } from '@portcullis/model/collection'
import type { OrganizationSpec } from '@portcullis/model/resource/organization'
import type { StatementCeiling } from '@portcullis/model/resource/registration'
import { grantOfType } from '@portcullis/oauth/client/grant-type'
import { attestedIn } from '@portcullis/oauth/registration/client-metadata'
import { STATEMENT_KEY, STATEMENT_TYPE } from '@portcullis/oauth/registration/issue-statement'
import type { Clock } from '@portcullis/ports/clock/port'
import type { Store } from '@portcullis/ports/store/port'
import { createLocalJWKSet, decodeJwt, errors, type JSONWebKeySet, jwtVerify } from 'jose'
import { RegistrationError } from './fault.ts'

const MOST_CHARACTERS = 16 * 1024
const ALGORITHMS = ['ES256', 'ES384', 'ES512', 'PS256', 'RS256', 'EdDSA', 'Ed25519']

const list = (most: number) => z.array(z.string().min(1).max(2048)).max(most)

/** The claims that are ours to read; what is left of them are metadata of the client (RFC 7591 §2.3). */
const claimsOfStatement = z.looseObject({
  iss: z.string().min(1).max(2048),
  jti: z.string().min(1).max(256),
  iat: z.number(),
  exp: z.number(),
  redirect_uris: list(32).optional(),
  grant_types: list(8).optional(),
  authorization: z
    .object({ allowed_scopes: list(256).optional(), audience: list(32).min(1).optional() })
    .optional(),
})

export interface VerifiedStatement {
  /** They count instead of what the request says (RFC 7591 §3.1.1). */
  readonly metadata: Readonly<Record<string, unknown>>
  readonly ceiling: StatementCeiling
  /** Under what it is noted as used, and until when that matters: milliseconds since the epoch. */
  readonly id: string
  readonly expiresAt: number
}

export interface StatementParts {
  readonly store: Store
  readonly clock: Clock
  readonly organization: string
  readonly issuer: URL
  readonly spec: OrganizationSpec
}

/** Reads a software statement that we or a trusted issuer signed for us. Throws a `RegistrationError` for any other. */
export async function verifyStatement(parts: StatementParts, statement: string): Promise<VerifiedStatement> {
  const issuer = issuerIn(statement)
  const isOurs = issuer === parts.issuer.href
  const keys = isOurs ? await ownKeys(parts) : trustedKeys(parts.spec, issuer)
  if (keys === undefined) {
    throw new RegistrationError(400, 'unapproved_software_statement', 'its issuer is not trusted here')
  }
  const options = {
    issuer,
    algorithms: ALGORITHMS,
    currentDate: new Date(parts.clock.now()),
    requiredClaims: ['exp', 'iat', 'jti'],
    ...(isOurs && { typ: STATEMENT_TYPE, audience: parts.issuer.href }),
  }
  const { payload } = await jwtVerify(statement, createLocalJWKSet(keys), options).catch(refuseUnverified)
  const isForUs = payload.aud === undefined || [payload.aud].flat().includes(parts.issuer.href)
  if (!isForUs) throw bad('it is for another authorization server')
  const parsed = claimsOfStatement.safeParse(payload)
  if (!parsed.success) throw bad(`${parsed.error.issues[0]?.path.join('.')} is not what it should be`)
  return verified(parsed.data)
}

function verified(claims: z.infer<typeof claimsOfStatement>): VerifiedStatement {
  const { iss, jti, iat: _, exp, authorization, aud: __, nbf: ___, sub: ____, ...metadata } = claims
  const attested = attestedIn(metadata)
  return {
    metadata,
    ceiling: {
      issuer: iss,
      id: jti,
      ...(authorization?.allowed_scopes && { allowedScopes: authorization.allowed_scopes }),
      ...(claims.redirect_uris && { redirectUris: claims.redirect_uris }),
      // One that is unknown is refused when the app is made.
      ...(claims.grant_types && { grants: claims.grant_types.map((each) => grantOfType(each) ?? each) }),
      ...(Object.keys(attested).length > 0 && { attested: attested as StatementCeiling['attested'] }),
      ...(authorization?.audience && { audience: authorization.audience }),
    },
    id: hash('sha256', JSON.stringify([iss, jti]), 'base64url'),
    expiresAt: exp * 1000,
  }
}

/** Whom it says it is from; nothing of that is believed before its signature is checked. */
function issuerIn(statement: string): string {
  if (statement.length > MOST_CHARACTERS) throw bad('it is too long')
  try {
    return String(decodeJwt(statement).iss)
  } catch {
    throw bad('it is no JWT')
  }
}

async function ownKeys({ store, organization }: StatementParts): Promise<JSONWebKeySet | undefined> {
  const key = await store.get(statementKeys, organization, STATEMENT_KEY)
  return key && { keys: [{ ...key.value.publicJwk }] }
}

function trustedKeys(spec: OrganizationSpec, issuer: string): JSONWebKeySet | undefined {
  const trusted = spec.statementIssuers?.find((each) => each.issuer === issuer)
  return trusted && ({ keys: trusted.jwks.keys.map(({ x5c: _, ...key }) => key) } as JSONWebKeySet)
}

function refuseUnverified(thrown: unknown): never {
  if (thrown instanceof errors.JWTExpired) throw bad('it has expired')
  if (thrown instanceof errors.JOSEError) throw bad('its signature or a claim is not good')
  throw thrown
}

function bad(why: string): RegistrationError {
  return new RegistrationError(400, 'invalid_software_statement', why)
}
