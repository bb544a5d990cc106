import { createPrivateKey, createPublicKey, generateKeyPairSync, hash, sign } from 'node:crypto'
import { newId } from '@portcullis/kernel/id'
import { Secret } from '@portcullis/kernel/secret'
import { statementKeys } from '@portcullis/model/collection'
import type { StatementKey } from '@portcullis/model/registration/registration'
import type { SoftwareClaims } from '@portcullis/model/registration/software-statement'
import type { Clock } from '@portcullis/ports/clock/port'
import type { Secrets } from '@portcullis/ports/secrets/port'
import { put, type Store, storeFaults } from '@portcullis/ports/store/port'
import { grantTypeOf } from '../client/grant-type.ts'

/** What stands in `typ` of our own, so that no other token of ours passes for one. */
export const STATEMENT_TYPE = 'software-statement+jwt'
/** The id of the one key in its collection. */
export const STATEMENT_KEY = 'current'

export interface StatementPorts {
  readonly store: Store
  readonly secrets: Secrets
  readonly clock: Clock
}

export interface IssuedStatement {
  readonly id: string
  /** A JWT (RFC 7519), signed with a key that signs nothing else. */
  readonly statement: string
  /** ISO 8601, UTC. */
  readonly expiresAt: string
}

/** Signs a software statement (RFC 7591 §2.3) of an organization, for its own authorization server alone. */
export async function issueStatement(
  ports: StatementPorts,
  organization: string,
  issuer: string,
  claims: SoftwareClaims,
): Promise<IssuedStatement> {
  const key = await openStatementKey(ports, organization)
  const pem = await ports.secrets.open(key.sealed, contextOf(organization))
  const now = ports.clock.now()
  const issuedAt = Math.floor(now / 1000)
  const id = newId('stm', now)
  const expiresAt = issuedAt + claims.expiresInSeconds
  const header = { alg: 'EdDSA', kid: key.publicJwk.kid, typ: STATEMENT_TYPE }
  const payload = {
    iss: issuer,
    aud: issuer,
    jti: id,
    iat: issuedAt,
    exp: expiresAt,
    client_name: claims.title,
    ...(claims.softwareId !== undefined && { software_id: claims.softwareId }),
    grant_types: claims.grants.map(grantTypeOf),
    redirect_uris: claims.redirectUris,
    authorization: {
      allowed_scopes: claims.allowedScopes,
      ...(claims.audience && { audience: claims.audience }),
    },
  }
  const signed = `${encoded(header)}.${encoded(payload)}`
  const signature = sign(null, Buffer.from(signed), createPrivateKey(pem.reveal())).toString('base64url')
  return {
    id,
    statement: `${signed}.${signature}`,
    expiresAt: new Date(expiresAt * 1000).toISOString(),
  }
}

/** The organization's key, made when there is none. Of two that make it at once, both use one. */
async function openStatementKey(ports: StatementPorts, organization: string): Promise<StatementKey> {
  const { store, secrets } = ports
  const known = await store.get(statementKeys, organization, STATEMENT_KEY)
  if (known !== undefined) return known.value
  const { privateKey } = generateKeyPairSync('ed25519')
  const pem = new Secret(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())
  const x = String(createPublicKey(privateKey).export({ format: 'jwk' }).x)
  // The thumbprint of RFC 7638 §3 over the members that RFC 8037 §2 demands.
  const kid = hash('sha256', JSON.stringify({ crv: 'Ed25519', kty: 'OKP', x }), 'base64url')
  const key: StatementKey = {
    sealed: await secrets.seal(pem, contextOf(organization)),
    publicJwk: { kty: 'OKP', crv: 'Ed25519', x, kid },
  }
  try {
    await store.commit([put(statementKeys, organization, STATEMENT_KEY, key, { expect: 'absent' })])
    return key
  } catch (thrown) {
    if (!storeFaults.conflict.is(thrown)) throw thrown
    return openStatementKey(ports, organization)
  }
}

const contextOf = (organization: string): string => `${organization}/statement-key`

const encoded = (part: unknown): string => Buffer.from(JSON.stringify(part)).toString('base64url')
