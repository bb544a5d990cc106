import { defineFaults } from '@portcullis/kernel/fault'
import type { Secret } from '@portcullis/kernel/secret'

/**
 * Secrets seals what must not be readable where it is stored.
 *
 * What is sealed opens only with the same context (`organization/purpose`), so that a sealed text that was moved to
 * another place, organization or purpose is refused like one that was altered. An outage rejects with
 * `secrets.unavailable`, anything that does not open with `secrets.unreadable`.
 */
export interface Secrets {
  seal(secret: Secret, context: string): Promise<string>
  open(sealed: string, context: string): Promise<Secret>
}

export const secretsFaults = defineFaults('secrets', {
  unreadable: {
    status: 500,
    title: 'A stored secret cannot be opened',
    remedy: 'Operators: the master key is not the one it was sealed with, or the stored text was altered.',
  },
  unavailable: {
    status: 503,
    title: 'The secrets cannot be reached',
    remedy: 'Try again in a moment. Operators: look at the master key and the engine behind the secrets.',
  },
})
