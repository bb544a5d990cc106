import type { Approval } from './approval/approval.ts'
import { type Entitlement, holderKey } from './approval/entitlement.ts'
import type { AuditRecord } from './audit.ts'
import type { ApiKey } from './credential/api-key.ts'
import type { Credential, Password, PasswordToken, UserCode } from './credential/credential.ts'
import type { SigningKeySet } from './credential/signing-key.ts'
import type { Disconnection } from './news/disconnection.ts'
import type { Revocation } from './news/revocation.ts'
import type {
  IssuedStatementNote,
  Registration,
  RegistrationLeave,
  StatementKey,
  UsedStatement,
} from './registration/registration.ts'
import type { Kind, Resource } from './resource/resource.ts'
import type { PreparedTokenRules } from './token-rules.ts'
import type { AccountLink, FederatedUser } from './user/federated-user.ts'
import type { KnownBrowser } from './user/known-browser.ts'
import type { Passkey } from './user/passkey.ts'
import type { ProvisionedGroup, ProvisionedUser, ProvisioningToken } from './user/provisioned.ts'

/** A named set of documents of one shape in the store, and the attributes by which it can be searched. */
export interface Collection<T> {
  readonly name: string
  /** Computes the attributes from a document. Only these can be searched for. */
  readonly index: (value: T) => Readonly<Record<string, string>>
}

/** A contract's files as they were applied: text by path, relative to the contract's own folder. */
export interface ContractFiles {
  readonly root: string
  readonly files: Readonly<Record<string, string>>
}

/** A signed revision: a compact JWS (RFC 7515) whose payload is the revision's JSON. */
export interface SignedRevision {
  readonly number: number
  readonly publishedAt: string
  readonly jws: string
}

/** The live revision of an environment. */
export interface RevisionHead {
  readonly number: number
}

/** A user's authenticator app (RFC 6238). */
export interface SecondFactor {
  /** Its secret, readable only through the secrets port. */
  readonly sealed: string
  /** ISO 8601, UTC; absent until the user has proved that the app has it. */
  readonly confirmedAt?: string
  /** Until then: the one sign-in or session that was shown it. */
  readonly begunFor?: string
  /** No code of this step of time or an earlier one is good any more. */
  readonly usedStep: number
  /** Fingerprints of the recovery codes that are left. */
  readonly recovery: readonly string[]
}

/** What was fetched of an address list that others keep. */
export interface FetchedList {
  /** From where: a list that has moved is another. */
  readonly url: string
  /** The last good ones; none before `fetchedAt`. */
  readonly entries: readonly string[]
  readonly tag?: string
  /** Milliseconds since the epoch. */
  readonly triedAt: number
  readonly fetchedAt?: number
  /** Why the last try failed. */
  readonly failure?: string
}

/** How far a list goes that gateways follow. */
export interface PositionHead {
  readonly position: number
}

const none = (): Record<string, string> => ({})

/** The organization of the installation itself: it owns the management API, its clients and the list of organizations. */
export const SYSTEM = 'system'

export const resources: Collection<Resource> = {
  name: 'resource',
  index: (each): Record<string, string> => ({
    kind: each.kind,
    // Of users, so that they are found by it.
    ...(each.kind === 'User' && each.spec.email !== undefined && { mail: each.spec.email.toLowerCase() }),
    // Of apps, so that the few that stand for others are found among the many that don't.
    ...(each.kind === 'App' && each.spec.clientDocuments !== undefined && { documents: 'yes' }),
    // By what another calls them.
    ...(each.kind === 'App' &&
      each.spec.checkedBy !== undefined && { calledThere: each.spec.checkedBy.clientId }),
  }),
}
export const contractFiles: Collection<ContractFiles> = { name: 'contract', index: none }
export const revisions: Collection<SignedRevision> = { name: 'revision', index: none }
export const revisionHeads: Collection<RevisionHead> = { name: 'revision-head', index: none }
export const credentials: Collection<Credential> = {
  name: 'credential',
  index: (each) => ({ app: each.app }),
}
/** By the name of the list. */
export const fetchedLists: Collection<FetchedList> = { name: 'fetched-list', index: none }
export const passwords: Collection<Password> = { name: 'password', index: none }
/** By the fingerprint of the token: who may choose a password without knowing the last one. */
export const passwordTokens: Collection<PasswordToken> = {
  name: 'password-token',
  index: ({ user }) => ({ user }),
}
/** By the fingerprint of the cookie and the user: several people may share a browser. */
export const knownBrowsers: Collection<KnownBrowser> = {
  name: 'known-browser',
  index: ({ user }) => ({ user }),
}
/** By the user: what they sign in with besides their password. */
export const secondFactors: Collection<SecondFactor> = { name: 'second-factor', index: none }
/** What people have to approve; `open` where nobody has ended it, though time may have. */
export const approvals: Collection<Approval> = {
  name: 'approval',
  index: ({ decisions, approvers, withdrawnAt }) => {
    const isOver = decisions.some((each) => each.verdict === 'refuse') || decisions.length >= approvers.count
    return isOver || withdrawnAt !== undefined ? {} : { open: 'yes' }
  },
}
/** All of an organization at `current`, as the authorization server asks them. */
export const tokenRules: Collection<PreparedTokenRules> = { name: 'token-rules', index: none }
export const registrations: Collection<Registration> = { name: 'registration', index: none }
export const registrationLeaves: Collection<RegistrationLeave> = { name: 'registration-leave', index: none }
export const usedStatements: Collection<UsedStatement> = { name: 'used-statement', index: none }
export const issuedStatements: Collection<IssuedStatementNote> = { name: 'issued-statement', index: none }
/** By the name of its purpose: the key with which an organization signs software statements. */
export const statementKeys: Collection<StatementKey> = { name: 'statement-key', index: none }
/** That somebody is to be told of an approval: its approvers, or whoever asked. */
export interface ApprovalNotice {
  readonly organization: string
  readonly approval: string
  readonly what: 'asked' | 'ended'
  readonly tries: number
}
/** Of all organizations, below `SYSTEM`, by when they are due. */
export const approvalNotices: Collection<ApprovalNotice> = { name: 'approval-notice', index: none }
/** From where somebody asked, for rules that look at it later. */
export interface AskedFrom {
  readonly address: string
  readonly userAgent?: string
}
/** An answer of the token endpoint on its way to an app that does not fetch it. */
export interface Delivery {
  readonly organization: string
  readonly app: string
  /** `backchannel`: what a user answered on another device; `approval`: a token that people have allowed. */
  readonly kind: 'backchannel' | 'approval'
  /** Of the request, or of the approval. */
  readonly id: string
  /** From where it was asked for, where nothing else tells that: token rules look at it. */
  readonly from?: AskedFrom
  /** What the app gave us to be recognised by (CIBA). */
  readonly notificationToken?: string
  readonly tries: number
  /** What goes out, readable only through the secrets port; absent until it was made. */
  readonly sealed?: string
  /** What stands behind it, where it stands behind nothing else. */
  readonly grantId?: string
}
/** Of all organizations, below `SYSTEM`, by when they are due. */
export const deliveries: Collection<Delivery> = { name: 'delivery', index: none }
/** By the user: what apps must know of them to ask them on another device. */
export const userCodes: Collection<UserCode> = { name: 'user-code', index: none }
/** Scopes that were given in advance; gone once they expire. */
export const entitlements: Collection<Entitlement> = {
  name: 'entitlement',
  index: ({ holder }) => ({ holder: holderKey(holder) }),
}
/** By time: what people decided and took back. */
export const auditRecords: Collection<AuditRecord> = { name: 'audit', index: none }
/** By the user, of those who were not declared. */
export const federatedUsers: Collection<FederatedUser> = {
  name: 'federated-user',
  index: ({ mail }): Record<string, string> => (mail === undefined ? {} : { mail: mail.toLowerCase() }),
}
/** By a hash of provider, issuer and subject. */
export const accountLinks: Collection<AccountLink> = {
  name: 'account-link',
  index: ({ user, provider }) => ({ user, provider }),
}
/** By the user, whose resource is beside it. */
export const provisionedUsers: Collection<ProvisionedUser> = { name: 'provisioned-user', index: none }
export const provisionedGroups: Collection<ProvisionedGroup> = { name: 'provisioned-group', index: none }
/** What only one of them may have: by kind and a hash of the name in lower case. */
export const provisionedNames: Collection<{ readonly owner: string }> = {
  name: 'provisioned-name',
  index: none,
}
/** By the fingerprint of the token. */
export const provisioningTokens: Collection<ProvisioningToken> = { name: 'provisioning-token', index: none }
/** By a hash of the credential's id. */
export const passkeys: Collection<Passkey> = { name: 'passkey', index: ({ user }) => ({ user }) }
/** By the algorithm. The authorization server makes them; whoever operates it may ask for new ones. */
export const signingKeySets: Collection<SigningKeySet> = { name: 'signing-key-set', index: none }
/** Of all organizations, below `SYSTEM`: gateways follow one list. */
export const revocations: Collection<Revocation> = { name: 'revocation', index: none }
export const revocationHeads: Collection<PositionHead> = { name: 'revocation-head', index: none }
/** Of all organizations, below `SYSTEM`, for the same reason. */
export const disconnections: Collection<Disconnection> = { name: 'disconnection', index: none }
export const disconnectionHeads: Collection<PositionHead> = { name: 'disconnection-head', index: none }
/** Likewise. */
export const apiKeys: Collection<ApiKey> = {
  name: 'api-key',
  index: (each) => ({ id: each.id, app: `${each.organization}/${each.app}` }),
}
export const apiKeyHeads: Collection<PositionHead> = { name: 'api-key-head', index: none }

export const idOf = {
  resource: (kind: Kind, name: string): string => `${kind}/${name}`,
  contract: (api: string, version: string): string => `${api}/${version}`,
  /** Padded, so that ids sort by number. */
  revision: (environment: string, number: number): string =>
    `${environment}/${String(number).padStart(10, '0')}`,
  tokenRules: 'current',
  revisionHead: (environment: string): string => environment,
  /** Padded, so that ids sort by position. */
  position: (position: number): string => String(position).padStart(16, '0'),
} as const
