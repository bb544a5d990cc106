import type { Secret } from '@portcullis/kernel/secret'
import type { JWTPayload } from 'jose'
import type { CheckClient } from './oidc/check-client.ts'

/**
 * Somebody else who tells us who a user is. Either the browser goes there and comes back, or the user gives us name and
 * password, and we ask. Each type of identity provider is one folder here and a line in `catalog.ts`.
 */
export type Upstream = BrowserUpstream | PasswordUpstream

export interface BrowserUpstream {
  readonly by: 'browser'
  /** Where the browser goes. Rejects when the provider can't be asked: `upstream.unavailable`. */
  begin(signIn: UpstreamSignIn): Promise<Beginning>
  /** What it came back with. Whatever does not prove who the user is throws `upstream.refused`. */
  finish(answer: UpstreamAnswer): Promise<UpstreamIdentity>
  /** Reads an access token of the provider that somebody shows us. Throws `upstream.refused` unless it is good. */
  readToken?(token: string): Promise<JWTPayload>
  /** Whether a client of the provider is who it says. Absent where it checks none. Rejects with `upstream.unavailable`. */
  checkClient?: CheckClient
  /** Asks again who the user is, without the user. Throws `upstream.refused` where the provider no longer stands by it. */
  renew?(session: UpstreamSession): Promise<UpstreamIdentity>
  /** Where the browser goes to sign out there as well; `undefined` where the provider has no such place. */
  signOut?(session: UpstreamSession, returnTo: URL, state: string): Promise<Beginning | undefined>
  /** What the browser came back with from there. Throws `upstream.refused` unless it says that it is done. */
  finishSignOut?(message: BrowserMessage, kept: Beginning['kept']): Promise<void>
  /** What the provider asks by way of a browser: to end sign-ins. `undefined` where it asks nothing. Throws `upstream.refused`. */
  readSignOut?(message: BrowserMessage): Promise<AskedSignOut | undefined>
  /** What the provider is shown of us, to be registered there; everybody may read it. */
  metadata?(callback: URL): Promise<{ readonly type: string; readonly text: string }>
  /**
   * Of whom an assertion speaks that an app presents for a token (RFC 7522). Throws `upstream.refused`. Absent where what the
   * provider says counts for sign-ins alone.
   */
  vouch?(presented: PresentedAssertion): Promise<UpstreamIdentity>
  /** The same of an app that presents it to prove who it is: its name here. Throws `upstream.refused`. */
  vouchForApp?(presented: PresentedAssertion): Promise<string>
  /** Where a browser goes that comes with an answer to nothing that we asked: what it brought counts for nothing. */
  readonly unasked?: URL
  /** Whose sign-ins are over, as the provider itself says (back channel). Throws `upstream.refused` unless it is its word. */
  readNotice?(notice: ReadonlyMap<string, string>): Promise<UpstreamNotice>
}

export interface PasswordUpstream {
  readonly by: 'password'
  /** Who it is; `undefined` where name and password don't belong together. Rejects when nobody can say: `upstream.unavailable`. */
  verify(name: string, password: Secret): Promise<UpstreamIdentity | undefined>
}

export interface PresentedAssertion {
  readonly xml: string
  /** For whom it must be, and where it must have been sent. */
  readonly audiences: readonly string[]
  readonly recipients: readonly string[]
  /** Answers whether it is presented for the first time. Times are milliseconds since the epoch. */
  readonly isFirstUse: (use: MessageUse) => Promise<boolean>
}

/** That a message was used, to be remembered until then: milliseconds since the epoch. */
export interface MessageUse {
  readonly issuer: string
  readonly id: string
  readonly until: number
}

/** A sign-in that is about to begin. */
export interface UpstreamSignIn {
  /** 256 random bits: with them the answer finds this sign-in again (`state`, `RelayState`), in this browser, once. */
  readonly state: string
  /** Where the answer comes to: by GET or by POST. One for each provider (RFC 9700 §4.4.2.1). */
  readonly callback: URL
  /** What the user typed, or the app knew. */
  readonly loginHint?: string
  readonly demand: SignInDemand
}

/** What the app asks of the sign-in, beside that it is one. */
export interface SignInDemand {
  /** The user shows again who they are, whatever the provider remembers. */
  readonly again: boolean
  /** More than a password. */
  readonly multiFactor: boolean
  /** How long ago the sign-in there may have been. */
  readonly maxAgeSeconds: number
  /** The app itself asks for that: a provider that does not tell when it was is not enough. */
  readonly isAsked: boolean
}

/** `kept` comes back with the answer: what has to be compared, as the nonce of OpenID Connect. It never leaves us. */
export type Beginning = { readonly kept: Readonly<Record<string, string>> } & Going

/** How a browser gets to the provider. */
export type Going =
  | { readonly location: URL }
  /** Sent by the browser as a form (SAML HTTP-POST binding). */
  | { readonly action: URL; readonly fields: Readonly<Record<string, string>> }

/** What a browser brought, without having been a sign-in. */
export interface BrowserMessage {
  /** Of the query, or of the form. Each once. */
  readonly parameters: ReadonlyMap<string, string>
  /** As it was written; absent for a form. */
  readonly query?: string
  /** Where it came to. */
  readonly address: URL
}

export interface AskedSignOut {
  readonly notice: UpstreamNotice
  readonly use: MessageUse
  /** What the provider is told once it is done. */
  answer(): Going
}

export interface UpstreamAnswer {
  readonly state: string
  readonly callback: URL
  readonly kept: Readonly<Record<string, string>>
  /** Of the query, or of the form. Each once. */
  readonly parameters: ReadonlyMap<string, string>
}

/** Who a user is, in the words of the provider. Checked: signature, issuer, audience, time and what it answers. */
export interface UpstreamIdentity {
  /** Whoever says it: OpenID issuer, SAML entity, or the directory's base. With `subject` it names one person for ever. */
  readonly issuer: string
  readonly subject: string
  readonly name?: string
  readonly mail?: { readonly address: string; readonly verified: boolean }
  readonly groups: readonly string[]
  /** All that it said; `tokenClaims` of the declaration choose from it. */
  readonly claims: Readonly<Record<string, unknown>>
  /** The user showed more than a password there. */
  readonly multiFactor: boolean
  /** When the user signed in there: seconds since the epoch; absent where it does not say. */
  readonly authenticatedAt?: number
  readonly session?: UpstreamSession
}

/** What is needed of the sign-in there later on. Kept sealed. */
export interface UpstreamSession {
  /** By which the provider names it (`sid`, SessionIndex). */
  readonly id?: string
  /** By which it names the user when it ends sign-ins (`sub`, NameID with its qualifiers). */
  readonly name?: string
  /** The provider's own words of whose it is (`id_token`, NameID), to sign out there. */
  readonly hint?: string
  /** The refresh token that it gave, and until when it said that it is good: milliseconds since the epoch. */
  readonly refreshToken?: string
  readonly refreshUntil?: number
}

/** Sign-ins that are over there: those named, or all of the user. At least one of the two is told. */
export interface UpstreamNotice {
  readonly issuer: string
  readonly name?: string
  readonly sessions: readonly string[]
}
