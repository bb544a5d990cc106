import { createHash, randomBytes } from 'node:crypto'
import { Secret } from '@portcullis/kernel/secret'
import type { AskedFrom, Collection } from '@portcullis/model/collection'
import type { AuthorizationDetail } from '@portcullis/oauth/authorization-detail'
import type { KoaContextWithOIDC, RefreshToken } from 'oidc-provider'
import { TOKEN_RECIPIENT } from '../provider/client.ts'
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
  /** What it allows beyond scopes (RFC 9396). */
  readonly details?: readonly AuthorizationDetail[]
  /** What a refresh token needs besides, where the grant would have given one. */
  readonly refresh?: HeldRefresh
  readonly from: AskedFrom
  /** The owner of the app, where it is shown to them. */
  readonly recipient?: string
  /** The key or certificate to which it is to be bound. */
  readonly jkt?: string
  readonly x5t?: string
  /** Fingerprint of the code with which the app picks it up. */
  readonly pickUp: string
  /** Milliseconds since the epoch. */
  readonly polledAt?: number
}

export interface HeldRefresh {
  readonly gty: string
  readonly scope: string
  readonly resource?: string | readonly string[]
  readonly nonce?: string
}

/** What is to be held. */
export type ToHold = Omit<HeldToken, 'pickUp' | 'polledAt'>

export const heldTokens: Collection<HeldToken> = {
  name: 'held-token',
  index: (held) => ({
    same: sameness(held),
    ...(held.recipient !== undefined && { recipient: held.recipient }),
  }),
}

/** The same for the same token, however often it is asked for. */
export function sameness({ app, subject, audience, scopes, grant, jkt, x5t, details = [] }: ToHold): string {
  const facts = [app, subject, audience, scopes, grant, jkt ?? '', x5t ?? '', ...details]
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
    ...askedBy(ctx),
    ...detailsOf(token),
    ...refreshOf(ctx),
    ...bindingOf(token),
  }
}

function askedBy(ctx: KoaContextWithOIDC): Pick<ToHold, 'from' | 'recipient'> {
  const userAgent = ctx.get('User-Agent').slice(0, 512)
  const recipient = ctx.oidc.client?.[TOKEN_RECIPIENT]
  return {
    from: { address: ctx.ip, ...(userAgent !== '' && { userAgent }) },
    ...(typeof recipient === 'string' && { recipient }),
  }
}

function detailsOf(token: { readonly rar?: unknown }): Pick<ToHold, 'details'> {
  return Array.isArray(token.rar) && token.rar.length > 0 ? { details: token.rar } : {}
}

/** Of what a user allowed once, and the app redeems once: the same that oidc-provider gives a refresh token for. */
function refreshOf({ oidc }: KoaContextWithOIDC): Pick<ToHold, 'refresh'> {
  const {
    AuthorizationCode: code,
    DeviceCode: device,
    BackchannelAuthenticationRequest: backchannel,
  } = oidc.entities
  const source = code ?? device ?? backchannel
  if (source === undefined || oidc.client?.grantTypeAllowed('refresh_token') !== true) return {}
  const { scope = '', resource, nonce } = source
  const gty = code !== undefined ? 'authorization_code' : device !== undefined ? 'device_code' : 'ciba'
  return {
    refresh: {
      gty,
      scope,
      ...(resource !== undefined && { resource }),
      ...(nonce !== undefined && { nonce }),
    },
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
    ...askedBy(ctx),
    ...detailsOf(token),
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
