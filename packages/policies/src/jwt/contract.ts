import { defineFaults } from '@portcullis/kernel/fault'
import { z } from '@portcullis/kernel/schema'
import type { OperationPlace, PolicyContract } from '@portcullis/policy-kit/policy'
import { bindingConfig } from '../binding-config.ts'
import { wholeSeconds } from '../duration-range.ts'
import { isBearer, schemeNamed } from '../requirement.ts'

const config = z.strictObject({
  // RFC 7519 §4.1.4: usually no more than a few minutes.
  clockSkew: wholeSeconds('0s', '5m')
    .default('10s')
    .describe('How far the clocks of issuer and gateway may be apart when exp, nbf and iat are judged.'),
  forwardToken: z
    .boolean()
    .default(false)
    .describe('Hand the token on to the backend. A backend that gets it can use it against this API.'),
  requiredClaims: z
    .array(z.string().min(1).max(128))
    .max(32)
    .default([])
    .describe('Claims that a token must carry besides those that RFC 9068 demands.'),
  binding: bindingConfig
    .prefault({})
    .describe('How callers prove that a token is theirs: DPoP (RFC 9449) or their certificate (RFC 8705).'),
})
export type JwtConfig = z.infer<typeof config>

/** What a token for an operation must say, and which of the contract's schemes it then satisfies. */
export interface JwtFacts {
  readonly schemes: readonly string[]
  readonly issuer: string
  readonly jwksUri: string
  readonly audience: string
}

const NEW_TOKEN = 'Fetch a new token from the authorization server and send the call again.'

export const jwtFaults = defineFaults('jwt', {
  'bad-request': {
    status: 400,
    title: 'The Authorization field cannot be read',
    remedy: 'Send one field, exactly: Authorization: Bearer TOKEN (RFC 6750 §2.1).',
  },
  malformed: {
    status: 401,
    title: 'The token is no well-formed JWT',
    remedy: 'Send the access token unchanged, as the authorization server gave it.',
  },
  'wrong-type': {
    status: 401,
    title: 'The token is no access token',
    remedy: 'Send the access token (typ at+jwt), not an ID token or another JWT.',
  },
  'wrong-algorithm': {
    status: 401,
    title: 'The token is signed with an algorithm that is not accepted for its key',
    remedy: NEW_TOKEN,
  },
  'unknown-key': {
    status: 401,
    title: 'The token is signed with a key that the issuer does not publish',
    remedy: NEW_TOKEN,
  },
  'bad-signature': {
    status: 401,
    title: 'The signature of the token is wrong',
    remedy: 'Send the access token unchanged, as the authorization server gave it.',
  },
  'bad-claims': {
    status: 401,
    title: 'The token lacks a claim, or carries one of the wrong shape',
    remedy: 'Fetch a token as RFC 9068 describes it. Operators: the internal message names the claim.',
  },
  'wrong-issuer': {
    status: 401,
    title: 'The token was issued by somebody else',
    remedy: 'Fetch a token from the authorization server of this environment.',
  },
  'wrong-audience': {
    status: 401,
    title: 'The token is meant for another API',
    remedy: 'Fetch a token for this API: name it as resource (RFC 8707) in the token request.',
  },
  revoked: { status: 401, title: 'The token was revoked', remedy: NEW_TOKEN },
  expired: { status: 401, title: 'The token has expired', remedy: NEW_TOKEN },
  'not-yet-valid': {
    status: 401,
    title: 'The token is not valid yet',
    remedy: 'Wait until it is. Operators: compare the clocks of the issuer and the gateway.',
  },
})

export const jwtContract: PolicyContract<JwtConfig, JwtFacts> = {
  id: 'jwt',
  summary:
    'Lets nobody in with a token that the authorization server did not issue for this API, or that is over.',
  phase: 'authenticate',
  stacking: 'nearest',
  config,
  faults: jwtFaults,
  body: { need: 'none' },
  mayFailOpen: false,
  derive: tokenFacts,
  satisfies: isBearer,
}

function tokenFacts({ revision, api, operation }: OperationPlace): JwtFacts | undefined {
  const demanded = new Set(operation.security.flatMap((alternative) => Object.keys(alternative)))
  const schemes = [...demanded].filter((name) => {
    const scheme = schemeNamed(api.schemes, name)
    return scheme !== undefined && isBearer(scheme)
  })
  if (schemes.length === 0) return undefined
  const { url: issuer, jwksUri } = revision.issuer
  return { schemes, issuer, jwksUri, audience: api.audience }
}
