import { defineFaults } from '@portcullis/kernel/fault'
import { httpUrl, name, z } from '@portcullis/kernel/schema'
import type { OperationPlace, PolicyContract } from '@portcullis/policy-kit/policy'
import { algorithms } from '@portcullis/ports/keys/port'
import { bindingConfig } from '../binding/config.ts'
import { tokenMetadata } from '../binding/metadata.ts'
import { introspectedTokens } from '../introspection/contract.ts'
import { bearerSchemes, isBearer } from '../scheme/requirement.ts'
import { wholeSeconds } from '../setting/duration-range.ts'
import { claimAssertion } from '../token/claim-assertion.ts'
import { claimPointers } from '../token/claim-pointers.ts'
import { claimWord } from '../token/claim-word.ts'
import type { KnownClients } from '../token/external-apps.ts'
import { forwardedToken } from '../token/forwarded.ts'
import { decryptionConfig } from './decryption-config.ts'

const otherIssuer = z.strictObject({
  issuer: z.string().min(1).max(2048).describe('Exactly as `iss` says it.'),
  jwksUri: httpUrl().describe('Where it publishes its keys (JWK Set).'),
  audiences: z
    .array(z.string().min(1).max(2048))
    .min(1)
    .max(16)
    .optional()
    .describe('What `aud` must name one of; the API version when absent.'),
  algorithms: z
    .array(z.enum(algorithms))
    .min(1)
    .max(algorithms.length)
    .default([...algorithms])
    .describe('The algorithms that it signs with.'),
  types: z
    .array(z.string().min(1).max(64))
    .min(1)
    .max(8)
    .default(['at+jwt'])
    .describe('What `typ` may be; none for tokens without it.'),
  claims: claimPointers.prefault({}).describe('Where its claims are.'),
  apps: z
    .record(z.string().min(1).max(256), name())
    .default({})
    .describe('Which of its clients is which app of ours. Others have no subscription.'),
  assertions: z.array(claimAssertion).max(32).default([]).describe('What its tokens must say besides.'),
})

function areDistinct(issuers: readonly z.infer<typeof otherIssuer>[]): boolean {
  return new Set(issuers.map(({ issuer }) => issuer)).size === issuers.length
}

const config = z
  .strictObject({
    // RFC 7519 §4.1.4: usually no more than a few minutes.
    clockSkew: wholeSeconds('0s', '5m')
      .default('10s')
      .describe('How far the clocks of issuer and gateway may be apart when exp, nbf and iat are judged.'),
    forwardToken: z
      .boolean()
      .default(false)
      .describe('Hand the token on to the backend. A backend that gets it can use it against this API.'),
    maxAge: wholeSeconds('1s', '365d')
      .optional()
      .describe('How long ago a token may have been issued, whatever it says of its end.'),
    assertions: z
      .array(claimAssertion)
      .max(32)
      .default([])
      .describe('What tokens must say besides, whoever issued them.'),
    ownIssuer: z
      .boolean()
      .default(true)
      .describe(
        'Take tokens of the environment’s own issuer. The others are taken beside it, or in its place.',
      ),
    issuers: z
      .array(otherIssuer)
      .max(16)
      .default([])
      .refine(areDistinct, 'no issuer twice')
      .describe('Others whose tokens are taken too.'),
    forgeriesPerMinute: z
      .int()
      .min(1)
      .max(100_000)
      .default(60)
      .describe(
        'How many tokens with a wrong signature an address may send before its new ones are refused unseen.',
      ),
    decryption: decryptionConfig
      .prefault({})
      .refine(({ keys, required }) => keys.length > 0 || !required, 'keys, where encryption is required')
      .describe('Tokens that are encrypted for this API (RFC 7516).'),
    binding: bindingConfig
      .prefault({})
      .describe('How callers prove that a token is theirs: DPoP (RFC 9449) or their certificate (RFC 8705).'),
  })
  .refine(
    ({ ownIssuer, issuers }) => ownIssuer || issuers.length > 0,
    'somebody whose tokens are taken: ownIssuer, or issuers',
  )
export type JwtConfig = z.infer<typeof config>

/** What a token for an operation must say, and which of the contract's schemes it then satisfies. */
export interface JwtFacts extends KnownClients {
  readonly schemes: readonly string[]
  readonly jwksUri: string
  readonly audience: string
  /** The tokens that `introspection` judges here. */
  readonly left: 'none' | 'opaque' | 'all'
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
  undecryptable: {
    status: 401,
    title: 'The token cannot be decrypted',
    remedy: 'Send the access token unchanged, encrypted with the key that this API publishes for it.',
  },
  'not-encrypted': {
    status: 401,
    title: 'The token is not encrypted',
    remedy: 'Fetch a token that is encrypted for this API, and send it unchanged.',
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
    title: 'The token was issued by somebody whose tokens are not taken here',
    remedy: 'Fetch a token from an authorization server of this API.',
  },
  'wrong-audience': {
    status: 401,
    title: 'The token is meant for another API',
    remedy: 'Fetch a token for this API: name it as resource (RFC 8707) in the token request.',
  },
  revoked: { status: 401, title: 'The token was revoked', remedy: NEW_TOKEN },
  'refused-claim': {
    status: 401,
    title: 'The token does not say what this API demands',
    remedy: 'Ask the operators of the API who may call it. Operators: the internal message names the claim.',
  },
  'too-old': {
    status: 401,
    title: 'The token was issued too long ago',
    remedy: NEW_TOKEN,
  },
  'too-many-forgeries': {
    status: 429,
    title: 'Too many tokens with a wrong signature came from this address',
    remedy: 'Wait a minute. Send access tokens unchanged, as the authorization server gave them.',
  },
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
  dangers: forwardedToken,
  mentions: ({ assertions, issuers }) => ({
    attributes: [...assertions, ...issuers.flatMap((each) => each.assertions)].map(({ claim }) =>
      claimWord(claim),
    ),
  }),
  resourceMetadata: ({ issuers, ownIssuer, binding }, { issuer }) =>
    tokenMetadata([...(ownIssuer ? [issuer] : []), ...issuers.map((each) => each.issuer)], binding),
}

function tokenFacts({ revision, api, operation }: OperationPlace): JwtFacts | undefined {
  const schemes = bearerSchemes(api.schemes, operation.security)
  if (schemes.length === 0) return undefined
  const { url: issuer, jwksUri } = revision.issuer
  return {
    schemes,
    issuer,
    jwksUri,
    audience: api.audience,
    externalApps: revision.externalApps,
    documentApps: revision.documentApps,
    left: introspectedTokens({ revision, api, operation }),
  }
}
