/** A person whom an identity provider told of, and who was not declared. The name is the subject of their tokens. */
export interface FederatedUser {
  readonly user: string
  readonly title: string
  readonly mail?: string
  /** The identity provider with which the account began. */
  readonly provider: string
  /** What the provider said when the user last signed in. */
  readonly roles: readonly string[]
  readonly groups: readonly string[]
  /** ISO 8601, UTC. */
  readonly createdAt: string
}

/** That somebody of an identity provider is a user of ours. */
export interface AccountLink {
  readonly provider: string
  /** Who said it there, and of whom. */
  readonly issuer: string
  readonly subject: string
  /** Of ours: an account, or a declared user. */
  readonly user: string
  /** ISO 8601, UTC. */
  readonly linkedAt: string
}
