import { createHash, randomBytes } from 'node:crypto'
import { Secret } from '@portcullis/kernel/secret'
import type { Collection } from '@portcullis/model/collection'
import type { KoaContextWithOIDC, RefreshToken } from 'oidc-provider'
import { claimsOf, type ExtraClaims } from '../provider/extra-claims.ts'
import type { MintedToken } from './rule-tokens.ts'

/** A token that waits for approval: all that it takes to issue it, and no secret. By the id of its approval. */
export interface HeldToken {
  readonly app: string
  /** The user, or the app where it speaks for itself. */
  readonly subject: string
  readonly audience: string
  readonly scopes: readonly string[]
  /** The `grant_type` by which it was asked for. */
  readonly grant: string
  readonly claims: ExtraClaims
  /** The key or certificate to which it is to be bound. */
  readonly jkt?: string
  readonly x5t?: string
  /** Fingerprint of the code with which the app picks it up. */
  readonly pickUp: string
  /** Milliseconds since the epoch. */
  readonly polledAt?: number
}

/** What is to be held. */
export type ToHold = Omit<HeldToken, 'pickUp' | 'polledAt'>

export const heldTokens: Collection<HeldToken> = {
  name: 'held-token',
  index: (held) => ({ same: sameness(held) }),
}

/** The same for the same token, however often it is asked for. */
export function sameness({ app, subject, audience, scopes, grant, jkt, x5t }: ToHold): string {
  const facts = [app, subject, audience, scopes, grant, jkt ?? '', x5t ?? '']
  return createHash('sha256').update(JSON.stringify(facts)).digest('base64url')
}

export function holdMinted(ctx: KoaContextWithOIDC, token: MintedToken): ToHold {
  return {
    app: token.clientId ?? '',
    subject: 'accountId' in token ? token.accountId : (token.clientId ?? ''),
    audience: String(token.aud),
    scopes: scopesIn(token.scope),
    grant: String(ctx.oidc.params?.grant_type),
    claims: claimsOf(ctx, token),
    ...bindingOf(token),
  }
}

/** What the refresh token would have given, which stays as it is. */
export function holdRefreshed(ctx: KoaContextWithOIDC, token: RefreshToken, audience: string): ToHold {
  const { accountId, clientId = '', grantId, sessionUid, acr, amr, authTime } = token
  const asked = ctx.oidc.requestParamScopes
  return {
    app: clientId,
    subject: accountId,
    audience,
    scopes: [...(asked.size > 0 ? asked : token.scopes)],
    grant: String(ctx.oidc.params?.grant_type),
    claims: {
      ...(grantId !== undefined && { grant_id: grantId }),
      ...(sessionUid !== undefined && { sid: sessionUid }),
      ...(acr !== undefined && { acr }),
      ...(amr !== undefined && { amr }),
      ...(authTime !== undefined && { auth_time: authTime }),
    },
    ...bindingOf(token),
  }
}

export function scopesIn(scope: string | undefined): readonly string[] {
  return scope === undefined || scope === '' ? [] : scope.split(' ')
}

function bindingOf({
  jkt,
  'x5t#S256': x5t,
}: {
  readonly jkt?: string | undefined
  readonly 'x5t#S256'?: string | undefined
}) {
  return { ...(jkt !== undefined && { jkt }), ...(x5t !== undefined && { x5t }) }
}

export function newPickUpCode(): Secret {
  return new Secret(randomBytes(32).toString('base64url'))
}
