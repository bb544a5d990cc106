/** What a provisioning client (SCIM) says of a user beside what every user has. Whoever is in here is owned by that client. */
export interface ProvisionedUser {
  readonly user: string
  /** By which the client knows the user; people may sign in with another name. */
  readonly userName: string
  readonly externalId?: string
  readonly givenName?: string
  readonly familyName?: string
  /** ISO 8601, UTC. */
  readonly createdAt: string
  readonly changedAt: string
}

/** A group that a provisioning client keeps. Its members have its name among their groups. */
export interface ProvisionedGroup {
  readonly displayName: string
  readonly externalId?: string
  /** Provisioned users. */
  readonly members: readonly string[]
  /** ISO 8601, UTC. */
  readonly createdAt: string
  readonly changedAt: string
}

/** With which a provisioning client shows that it may write users and groups of an organization. */
export interface ProvisioningToken {
  readonly id: string
  /** Fingerprint of the token, which was shown once. */
  readonly hash: string
  /** ISO 8601, UTC. */
  readonly issuedAt: string
}
