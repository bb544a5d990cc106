import { defineFaults } from '@portcullis/kernel/fault'

export const managementFaults = defineFaults('management', {
  'not-found': {
    status: 404,
    title: 'There is nothing at this address',
    remedy: 'Look at /v1/openapi.json for what there is.',
  },
  'bad-request': {
    status: 400,
    title: 'The request cannot be read',
    remedy: 'Send what /v1/openapi.json describes, as JSON with Content-Type: application/json.',
  },
  'bad-value': {
    status: 422,
    title: 'The request has values that are not accepted',
    remedy: 'Change what is listed.',
  },
  'too-large': {
    status: 413,
    title: 'The body is larger than is taken here',
    remedy: 'Send less at once.',
  },
  'no-credentials': {
    status: 401,
    title: 'A token is needed',
    remedy: 'Fetch a token for the management API and send it as Authorization: Bearer TOKEN.',
  },
  'insufficient-scope': {
    status: 403,
    title: 'The token does not allow this',
    remedy: 'Fetch a token with the scope that WWW-Authenticate names. The app must subscribe to it.',
  },
  'too-many-streams': {
    status: 503,
    title: 'Too many gateways listen already',
    remedy: 'Try again in a while, and ask for the environments in between.',
  },
  failed: {
    status: 500,
    title: 'Something went wrong on our side',
    remedy: 'Try again. Operators: the log says what it was.',
  },
})
