import { defineFaults } from '@portcullis/kernel/fault'

export const revocationFaults = defineFaults('revocation', {
  unknown: {
    status: 404,
    title: 'There is no such revocation',
    remedy:
      'Take the position from the answer to the revocation; it is kept as long as what it covers could live.',
  },
  'not-revocable': {
    status: 400,
    title: 'This is no token that can be revoked here',
    remedy:
      'Give the id (`jti`) of the token, or the whole of a JWT access token that this organization issued.',
  },
})
