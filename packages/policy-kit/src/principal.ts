/** The caller, once an authentication step has established it. */
export interface Principal {
  /** The contract's security schemes that this identity satisfies. */
  readonly schemes: readonly string[]
  readonly issuer: string
  /** The app: `client_id` of RFC 9068 §2.2. */
  readonly client: string
  /** Whom the token speaks of; equal to the client when no user is involved (RFC 9068 §2.2). */
  readonly subject: string
  readonly scopes: ReadonlySet<string>
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
  readonly claims: Readonly<Record<string, unknown>>
}

/** The subscription under which the app calls. */
export interface Subscriber {
  readonly subscription: string
  readonly product: string
  readonly plan: string
}
