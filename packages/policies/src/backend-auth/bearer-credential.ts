import { hash } from 'node:crypto'
import { canonicalJson } from '@portcullis/kernel/json'
import type { Secret } from '@portcullis/kernel/secret'
import type { BackendIdentity } from '@portcullis/model/decision/decision'
import { andThen } from '@portcullis/policy-kit/and-then'
import type { BackendCredential } from '@portcullis/policy-kit/backend-credential'
import type { FetchedToken, FetchToken, Tokens } from '@portcullis/ports/tokens/port'
import { rememberWith } from '../memory/remember-with.ts'

export type ToldToken = Omit<BackendIdentity, 'expiresAt'>

export interface BearerCredentials {
  /** The token of this key in `Authorization: Bearer` (RFC 6750 §2.1), renewed when the backend refuses it. */
  of(key: string, fetch: FetchToken, told: ToldToken): BackendCredential | Promise<BackendCredential>
}

export function bearerCredentials(tokens: Tokens): BearerCredentials {
  const told = rememberWith<BackendIdentity>()

  function tell(token: FetchedToken, what: ToldToken): BackendIdentity {
    const known = told.of(token)
    if (known !== undefined) return known
    const whole = { ...what, expiresAt: new Date(token.expiresAt).toISOString() }
    told.keep(token, whole)
    return whole
  }

  function credential(
    key: string,
    fetch: FetchToken,
    what: ToldToken,
    token: FetchedToken,
  ): BackendCredential {
    return {
      told: tell(token, what),
      write: ({ headers }) => headers.set('Authorization', `Bearer ${token.token.reveal()}`),
      async renew() {
        if (!tokens.drop(key, token)) return undefined
        return credential(key, fetch, what, await tokens.get(key, fetch))
      },
    }
  }

  return {
    of: (key, fetch, what) => andThen(tokens.get(key, fetch), (token) => credential(key, fetch, what, token)),
  }
}

/** The key under which a token is shared: all that it depends on, and nothing that could be read out of it. */
export function tokenKey(parts: unknown, ...secrets: readonly Secret[]): string {
  const said = secrets.map((each) => hash('sha256', each.reveal(), 'base64url'))
  return hash('sha256', canonicalJson([parts, ...said]), 'base64url')
}
