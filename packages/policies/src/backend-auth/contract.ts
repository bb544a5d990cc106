import { defineFaults } from '@portcullis/kernel/fault'
import { z } from '@portcullis/kernel/schema'
import type { OperationPlace, PolicyContract } from '@portcullis/policy-kit/policy'
import { bearerSchemes } from '../scheme/requirement.ts'
import { MAX_BODY_BYTES } from './body-cap.ts'
import { apiKeyConfig } from './method/api-key/config.ts'
import { awsSignatureConfig } from './method/aws-signature/config.ts'
import { basicConfig } from './method/basic/config.ts'
import { clientCredentialsConfig } from './method/client-credentials/config.ts'
import { hmacConfig } from './method/hmac/config.ts'
import { httpSignatureConfig } from './method/http-signature/config.ts'
import { jwtBearerConfig } from './method/jwt-bearer/config.ts'
import { mutualTlsConfig } from './method/mutual-tls/config.ts'
import { tokenExchangeConfig } from './method/token-exchange/config.ts'

/** The methods, of which a config names one at most. */
const methods = {
  clientCredentials: clientCredentialsConfig
    .optional()
    .describe('A token of the gateway’s own (RFC 6749 §4.4).'),
  tokenExchange: tokenExchangeConfig
    .optional()
    .describe('The caller’s token, exchanged for one that is for the backend (RFC 8693).'),
  jwtBearer: jwtBearerConfig
    .optional()
    .describe('A token for an assertion that the gateway signs (RFC 7523 §2.1).'),
  basic: basicConfig.optional().describe('User name and password (RFC 7617).'),
  apiKey: apiKeyConfig.optional().describe('A key in a field or in the query.'),
  mutualTls: mutualTlsConfig
    .optional()
    .describe('The client certificate of the upstream; refused where it has none.'),
  awsSignature: awsSignatureConfig.optional().describe('AWS Signature Version 4.'),
  hmac: hmacConfig.optional().describe('A keyed hash over parts of the request.'),
  httpSignature: httpSignatureConfig.optional().describe('HTTP Message Signatures (RFC 9421).'),
}
export type MethodName = keyof typeof methods
export const methodNames = Object.keys(methods) as readonly MethodName[]

const config = z
  .strictObject({
    ...methods,
    strip: z
      .boolean()
      .default(true)
      .describe(
        'Keep the credentials with which the caller came from the backend: Authorization, DPoP, and the keys that the contract names.',
      ),
  })
  .refine(
    (all) => methodNames.filter((each) => all[each] !== undefined).length <= 1,
    'one method, not several',
  )
  .refine(
    (all) => all.strip || methodNames.some((each) => all[each] !== undefined),
    'a method, or strip: otherwise there is nothing to do',
  )
export type BackendAuthConfig = z.infer<typeof config>

export interface BackendAuthFacts {
  readonly organization: string
  /** The environment's own authorization server. */
  readonly issuer: string
  /** Scheme, host and port of the backend; of its first target where it has several. */
  readonly backend: string
  readonly hasClientCertificate: boolean
  /** The schemes whose credential is a token in Authorization. */
  readonly bearerSchemes: readonly string[]
  /** Where callers have keys, as the contract says. */
  readonly keys: readonly { readonly in: 'header' | 'query' | 'cookie'; readonly name: string }[]
}

export const backendAuthFaults = defineFaults('backend-auth', {
  'no-token': {
    status: 403,
    title: 'The backend is called on behalf of whoever presents an access token, and this call has none',
    remedy: 'Send the call with an access token of a way in that this API offers.',
  },
  'not-vouched': {
    status: 403,
    title: 'The gateway does not vouch for callers of this issuer to the backend',
    remedy:
      'Ask the operators of the API who may call it. Operators: name the issuer in `subjectsOf` if it knows its users by the same names as the token endpoint does.',
  },
  'not-exchanged': {
    status: 403,
    title: 'The token may not be exchanged for one that is for the backend',
    remedy:
      'Ask the operators of the API who may call it. Operators: the internal message has the answer of the token endpoint.',
  },
  'not-given': {
    status: 502,
    title: 'The gateway is given no token for the backend',
    remedy:
      'Operators: the internal message has the answer of the token endpoint; look at the client, its secret and what it may ask for.',
  },
  'bad-answer': {
    status: 502,
    title: 'What the token endpoint answered cannot be used',
    remedy: 'Operators: the internal message says what is wrong with the answer of the token endpoint.',
  },
  'wrong-audience': {
    status: 502,
    title: 'The token that the gateway was given is for somebody else than the backend',
    remedy:
      'Operators: let the token endpoint issue tokens for the audience of the settings, or mend it there.',
  },
  unavailable: {
    status: 503,
    title: 'The gateway cannot prove to the backend who calls',
    remedy: 'Try again in a moment. Operators: the internal message names the token endpoint.',
  },
})

export const backendAuthContract: PolicyContract<BackendAuthConfig, BackendAuthFacts> = {
  id: 'backend-auth',
  summary: 'Proves to the backend who calls, and keeps from it the credentials with which callers come.',
  phase: 'backend',
  stacking: 'nearest',
  config,
  faults: backendAuthFaults,
  body: { need: 'whole', maxBytes: MAX_BODY_BYTES },
  mayFailOpen: false,
  onlyAttached: true,
  dangers: ({ strip }) =>
    strip
      ? []
      : [
          {
            path: ['strip'],
            detail: 'The backend gets the credentials with which callers come to this API.',
          },
        ],
  derive: backendFacts,
}

function backendFacts({ revision, api, operation }: OperationPlace): BackendAuthFacts {
  return {
    organization: revision.organization,
    issuer: revision.issuer.url,
    backend: new URL(api.upstream.targets[0]?.url ?? '').origin,
    hasClientCertificate: api.upstream.tls?.clientCertificate !== undefined,
    bearerSchemes: bearerSchemes(api.schemes, operation.security),
    keys: Object.values(api.schemes).flatMap((scheme) =>
      scheme.type === 'apiKey' ? [{ in: scheme.in, name: scheme.name }] : [],
    ),
  }
}
