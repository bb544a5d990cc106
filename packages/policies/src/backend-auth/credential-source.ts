import type { BackendCredential } from '@portcullis/policy-kit/backend-credential'
import type { Exchange } from '@portcullis/policy-kit/exchange'
import type { BodyNeed, Ports } from '@portcullis/policy-kit/policy'
import type { BackendAuthFacts } from './contract.ts'

/** Where a method finds the credential for a call. */
export interface CredentialSource {
  /** How much of the body the credential speaks of; nothing when absent. */
  readonly body?: BodyNeed
  /** At once wherever it can; throws or rejects with a fault of `backend-auth.*`. */
  credentialFor(x: Exchange): BackendCredential | Promise<BackendCredential>
}

export type MethodNeeds = 'tokens' | 'web' | 'vault' | 'clock'
export type MethodPorts = Pick<Ports, MethodNeeds>

/**
 * One way to tell a backend who calls. Opened once per revision: throws `vault.unknown` for a secret that is not there, and
 * an error for one that is no good, so that the revision is refused.
 */
export type OpenMethod<Config> = (
  config: Config,
  ports: MethodPorts,
  facts: BackendAuthFacts,
) => CredentialSource

/** A source of one credential for all calls. */
export function always(credential: BackendCredential): CredentialSource {
  return { credentialFor: () => credential }
}
