/** A user's passkey (Web Authentication): the public half, which is no secret. */
export interface Passkey {
  readonly user: string
  /** The credential's id, base64url. */
  readonly credential: string
  /** As the user calls it. */
  readonly name: string
  /** COSE, base64url. */
  readonly publicKey: string
  /** How often its authenticator says that it was used; 0 for ever where it does not count. */
  readonly counter: number
  /** How the browser reaches it. */
  readonly transports: readonly string[]
  /** It is copied to the user's other devices. */
  readonly isSynced: boolean
  /** ISO 8601, UTC. */
  readonly createdAt: string
  readonly usedAt?: string
}
