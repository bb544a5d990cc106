import { defineFaults } from '@portcullis/kernel/fault'
import { httpUrl, name, z } from '@portcullis/kernel/schema'
import type { OperationPlace, PolicyContract } from '@portcullis/policy-kit/policy'
import { attachedTo } from '@portcullis/policy-kit/step/attached'
import { bindingConfig } from '../binding/config.ts'
import { tokenMetadata } from '../binding/metadata.ts'
import { clientConfig } from '../client/config.ts'
import { bearerSchemes, isBearer } from '../scheme/requirement.ts'
import { wholeSeconds } from '../setting/duration-range.ts'
import { claimAssertion } from '../token/claim-assertion.ts'
import { claimPointers } from '../token/claim-pointers.ts'
import { claimWord } from '../token/claim-word.ts'
import type { KnownClients } from '../token/external-apps.ts'
import { forwardedToken } from '../token/forwarded.ts'

const tokens = z.enum(['opaque', 'all'])

const config = z.strictObject({
  endpoint: httpUrl().describe('The introspection endpoint (RFC 7662).'),
  tokens: tokens
    .default('opaque')
    .describe('Which tokens are asked about: those that are no JWT, which are left to jwt; or all of them.'),
  issuer: z
    .string()
    .min(1)
    .max(2048)
    .optional()
    .describe('Who issues the tokens; the environment’s own issuer when absent.'),
  audiences: z
    .array(z.string().min(1).max(2048))
    .min(1)
    .max(16)
    .optional()
    .describe('What aud of the answer must name one of; the API version when absent.'),
  client: clientConfig.describe('The gateway, as a client of the endpoint.'),
  signedBy: httpUrl()
    .optional()
    .describe(
      'A JWK Set: the answers must be signed by it (RFC 9701), so that they can be kept as evidence.',
    ),
  timeout: wholeSeconds('1s', '30s').default('3s').describe('How long an answer may take.'),
  keepFor: wholeSeconds('0s', '1h')
    .default('30s')
    .describe(
      'How long an answer counts, at most to the end of the token. A token that is revoked elsewhere is good as long.',
    ),
  keepRefusalsFor: wholeSeconds('0s', '1m')
    .default('5s')
    .describe('How long it counts that a token is no good.'),
  clockSkew: wholeSeconds('0s', '5m')
    .default('10s')
    .describe('How far the clocks of issuer and gateway may be apart when exp and nbf are judged.'),
  forwardToken: z
    .boolean()
    .default(false)
    .describe('Hand the token on to the backend. A backend that gets it can use it against this API.'),
  claims: claimPointers.prefault({}).describe('Where the answer has what.'),
  apps: z
    .record(z.string().min(1).max(256), name())
    .default({})
    .describe('Which client of another issuer is which app of ours. Others have no subscription.'),
  assertions: z.array(claimAssertion).max(32).default([]).describe('What the answer must say besides.'),
  refusedTokensPerMinute: z
    .int()
    .min(1)
    .max(100_000)
    .default(60)
    .describe(
      'How many tokens that are no good an address may send before no more is asked about its new ones.',
    ),
  binding: bindingConfig
    .prefault({})
    .describe('How callers prove that a token is theirs: DPoP (RFC 9449) or their certificate (RFC 8705).'),
})
export type IntrospectionConfig = z.infer<typeof config>

export interface IntrospectionFacts extends KnownClients {
  readonly schemes: readonly string[]
  readonly audience: string
}

const NEW_TOKEN = 'Fetch a new token from the authorization server and send the call again.'

export const introspectionFaults = defineFaults('introspection', {
  'bad-request': {
    status: 400,
    title: 'The Authorization field cannot be read',
    remedy: 'Send one field, exactly: Authorization: Bearer TOKEN (RFC 6750 §2.1).',
  },
  inactive: { status: 401, title: 'The token is not or no longer good', remedy: NEW_TOKEN },
  expired: { status: 401, title: 'The token has expired', remedy: NEW_TOKEN },
  'not-yet-valid': {
    status: 401,
    title: 'The token is not valid yet',
    remedy: 'Wait until it is. Operators: compare the clocks of the issuer and the gateway.',
  },
  revoked: { status: 401, title: 'The token was revoked', remedy: NEW_TOKEN },
  'wrong-issuer': {
    status: 401,
    title: 'The token was issued by somebody else',
    remedy: 'Fetch a token from the authorization server of this API.',
  },
  'wrong-audience': {
    status: 401,
    title: 'The token is meant for another API',
    remedy: 'Fetch a token for this API: name it as resource (RFC 8707) in the token request.',
  },
  'refused-claim': {
    status: 401,
    title: 'The token does not say what this API demands',
    remedy: 'Ask the operators of the API who may call it. Operators: the internal message names the claim.',
  },
  'too-many-refused': {
    status: 429,
    title: 'Too many tokens that are no good came from this address',
    remedy: 'Wait a minute, then fetch a new token.',
  },
  'bad-answer': {
    status: 502,
    title: 'The authorization server’s answer about the token cannot be used',
    remedy:
      'Operators: the internal message says what is wrong with the answer of the introspection endpoint.',
  },
  unavailable: {
    status: 503,
    title: 'The authorization server does not say whether the token is good',
    remedy: 'Try again in a moment. Operators: look at the endpoint and at the client’s credentials there.',
  },
})

export const introspectionContract: PolicyContract<IntrospectionConfig, IntrospectionFacts> = {
  id: 'introspection',
  summary: 'Lets nobody in with a token of which its authorization server does not say that it is good.',
  phase: 'authenticate',
  stacking: 'nearest',
  config,
  faults: introspectionFaults,
  body: { need: 'none' },
  mayFailOpen: false,
  onlyAttached: true,
  derive: tokenFacts,
  satisfies: isBearer,
  dangers: forwardedToken,
  mentions: ({ assertions }) => ({ attributes: assertions.map(({ claim }) => claimWord(claim)) }),
  resourceMetadata: (settings, facts) => tokenMetadata([settings.issuer ?? facts.issuer], settings.binding),
}

function tokenFacts({ revision, api, operation }: OperationPlace): IntrospectionFacts | undefined {
  const schemes = bearerSchemes(api.schemes, operation.security)
  if (schemes.length === 0) return undefined
  const { issuer, externalApps, documentApps } = revision
  return { schemes, issuer: issuer.url, audience: api.audience, externalApps, documentApps }
}

/** Which tokens are this policy's at an operation, and nobody else's. Only who enforces can be left something. */
export function introspectedTokens(place: OperationPlace): 'none' | z.infer<typeof tokens> {
  const nearest = attachedTo(place).findLast(
    ({ attachment }) => attachment.policy === introspectionContract.id,
  )
  if (nearest === undefined || nearest.attachment.mode !== 'enforce') return 'none'
  return config.parse(nearest.attachment.config).tokens
}
