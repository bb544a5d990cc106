import { defineFaults } from '@portcullis/kernel/fault'
import type { Secret } from '@portcullis/kernel/secret'

/**
 * Breaches know passwords that others have lost, so that whoever guesses begins with them.
 *
 * `know` tells whether a password is such a one. It says nothing of the password to anybody who could find out which it
 * is. Where nobody can say, it rejects with `breaches.unavailable`: an outage never looks like a good password.
 */
export interface Breaches {
  know(password: Secret): Promise<boolean>
}

export const breachesFaults = defineFaults('breaches', {
  unavailable: {
    status: 503,
    title: 'It cannot be told now whether others know that password',
    remedy:
      'Try again in a moment. Operators: the log tells why the service of known passwords did not answer.',
  },
})
