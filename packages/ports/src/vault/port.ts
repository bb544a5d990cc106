import { defineFaults } from '@portcullis/kernel/fault'
import type { Secret } from '@portcullis/kernel/secret'

/**
 * A vault holds the secrets that operators give to a gateway by name: what it needs to ask others, such as the client
 * secret of an introspection endpoint. Revisions and declarations speak of the name alone.
 *
 * It is asked when a revision is loaded, so it answers at once. A name for which there is nothing throws
 * `vault.unknown`, and the revision is refused: nothing is ever sent with an empty secret.
 */
export interface Vault {
  secret(name: string): Secret
}

export const vaultFaults = defineFaults('vault', {
  unknown: {
    status: 500,
    title: 'A secret that a policy names is not there',
    remedy:
      'Operators: give the gateway the secret under this name, as PORTCULLIS_SECRET_<NAME> or as a file of the secrets folder.',
  },
})
