import type { RevocableToken } from '@portcullis/model/news/revocation'

/** The caller, once an authentication step has established it. */
export interface Principal {
  /** The contract's security schemes that this identity satisfies. */
  readonly schemes: readonly string[]
  readonly issuer: string
  /** The app: `client_id` of RFC 9068 §2.2. */
  readonly client: string
  /** Under whose subscriptions it calls, where that is not the client itself: of a client that a document describes. */
  readonly app?: string
  /** Whom the token speaks of; equal to the client when no user is involved (RFC 9068 §2.2). */
  readonly subject: string
  readonly scopes: ReadonlySet<string>
  /** What the issuer says of the subject's duties; empty when absent. */
  readonly roles?: ReadonlySet<string>
  readonly groups?: ReadonlySet<string>
  /** Milliseconds since the epoch; `Infinity` for credentials that do not end by themselves. */
  readonly expiresAt: number
  /** How and when the user signed in (RFC 9470 §3, OpenID Connect Core §2), where the issuer says so. */
  readonly authentication?: Authentication
  /** Of a token: what names it for revocation. Absent for credentials that are no tokens. */
  readonly token?: RevocableToken
  /** The key that whoever presents the token must prove to hold (RFC 7800 `cnf`). */
  readonly confirmation?: Confirmation
  readonly claims: Readonly<Record<string, unknown>>
}

/** The app under whose name it is counted and subscribes: the client, or who stands for it. */
export function appOf({ app, client }: Pick<Principal, 'app' | 'client'>): string {
  return app ?? client
}

export interface Authentication {
  /** Authentication context class (`acr`). */
  readonly context?: string
  /** Milliseconds since the epoch (`auth_time`). */
  readonly at?: number
}

/** Thumbprints, base64url of SHA-256. */
export interface Confirmation {
  /** Of a DPoP key (RFC 9449 §6.1). */
  readonly jkt?: string
  /** Of the client's certificate (RFC 8705 §3.1). */
  readonly x5tS256?: string
}

/** The subscription under which the app calls. */
export interface Subscriber {
  readonly subscription: string
  readonly product: string
  readonly plan: string
}
