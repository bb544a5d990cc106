import { defineFaults } from '@portcullis/kernel/fault'

/** What the authorization server refuses outside of OAuth's own error answers. */
export const authserverFaults = defineFaults('authserver', {
  'bad-target': {
    status: 400,
    title: 'The request target cannot be read',
    remedy: 'Send an absolute path, as the discovery document names them.',
  },
  'unknown-organization': {
    status: 404,
    title: 'There is no such organization here',
    remedy: 'Check the first part of the path: the issuer of an organization is <base URL>/<organization>.',
  },
  'not-found': {
    status: 404,
    title: 'There is nothing here',
    remedy: 'Use the addresses in the discovery document at <issuer>/.well-known/openid-configuration.',
  },
  'method-not-allowed': {
    status: 405,
    title: 'This address does not take that method',
    remedy: 'Open sign-in pages with GET and send their forms with POST.',
  },
  'body-too-large': {
    status: 413,
    title: 'The body is too large',
    remedy: 'Send less: no request to an authorization server needs this much.',
  },
  'form-unreadable': {
    status: 400,
    title: 'The form could not be read',
    remedy: 'Go back, and send the form from the page as it was shown.',
  },
  'cross-site': {
    status: 403,
    title: 'The form was not sent from our own page',
    remedy: 'Go back to the app, start again, and use only the page that is shown then.',
  },
  'too-many-guesses': {
    status: 429,
    title: 'Too many codes were typed from here',
    remedy: 'Wait as long as Retry-After says, and type the code that the device shows then.',
  },
  'too-many-mails': {
    status: 429,
    title: 'Too many mails were asked for from here',
    remedy: 'Wait as long as Retry-After says, then try again.',
  },
  'link-over': {
    status: 400,
    title: 'This link is no longer good',
    remedy:
      'A link is good once, for a short time, in the browser in which it was asked for. Ask for another one.',
  },
  'interaction-expired': {
    status: 400,
    title: 'This sign-in has expired',
    remedy: 'Go back to the app and start again. Cookies must be allowed for this site.',
  },
  failed: {
    status: 500,
    title: 'Something went wrong on our side',
    remedy: 'Try again in a moment. Operators: the log tells what happened.',
  },
  'revision-unreadable': {
    status: 500,
    title: 'A published revision cannot be read',
    remedy: 'Operators: publish the environment again with the version of Portcullis that runs here.',
  },
})
