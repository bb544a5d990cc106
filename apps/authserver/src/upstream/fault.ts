import { defineFaults } from '@portcullis/kernel/fault'

/** Why nobody is signed in with another identity provider. */
export const upstreamFaults = defineFaults('upstream', {
  unknown: {
    status: 404,
    title: 'There is no such identity provider here',
    remedy: 'Go back to the app, start again, and choose one that is offered then.',
  },
  refused: {
    status: 403,
    title: 'You are not signed in',
    remedy: 'Go back to the app and start again. Operators: the log tells what was wrong with the answer.',
  },
  cancelled: {
    status: 403,
    title: 'The sign-in was cancelled',
    remedy: 'Go back to the app, and start again when you like.',
  },
  unavailable: {
    status: 503,
    title: 'Whoever knows you cannot be asked now',
    remedy:
      'Try again in a moment. Operators: the log names the identity provider; check that it answers and that we are known there.',
  },
  'no-account': {
    status: 403,
    title: 'There is no account here for you',
    remedy: 'Ask whoever runs this service for an account, then link this way of signing in to it.',
  },
  disabled: {
    status: 403,
    title: 'Your account is disabled',
    remedy: 'Ask whoever runs this service.',
  },
  expired: {
    status: 400,
    title: 'This sign-in has expired',
    remedy: 'Go back to the app and start again. Cookies must be allowed for this site.',
  },
})
