import { defineFaults } from '@portcullis/kernel/fault'
import { httpUrl, name, z } from '@portcullis/kernel/schema'
import type { OperationPlace, PolicyContract } from '@portcullis/policy-kit/policy'
import { isProtected } from '../headers/protected.ts'
import { wholeSeconds } from '../setting/duration-range.ts'
import { isFieldName } from '../setting/field-name.ts'
import { ownClaims } from './rules.ts'

/** Callers can't send it: the gateway takes from them every field that begins so. */
export const DEFAULT_FIELD = 'Portcullis-Identity'

const config = z.strictObject({
  key: name().describe(
    'Name of a secret of the vault: the private key (PEM, P-256) that signs; its public half is published.',
  ),
  otherKeys: z
    .array(name())
    .max(4)
    .default([])
    .describe('Names of further private keys whose public half is published: the next one, and the last.'),
  field: z
    .string()
    .max(128)
    .refine(
      (field) => field === DEFAULT_FIELD || (isFieldName(field) && !isProtected(field)),
      'the name of a header field that may be set',
    )
    .default(DEFAULT_FIELD)
    .describe('The field that carries the token. The caller’s own of that name does not reach the backend.'),
  audience: z
    .string()
    .min(1)
    .max(2048)
    .optional()
    .describe('For whom it is (aud); scheme, host and port of the upstream when absent.'),
  issuer: httpUrl()
    .optional()
    .describe('Who vouches (iss); scheme, host and port of the environment’s URL when absent.'),
  lifetime: wholeSeconds('5s', '60s').default('60s').describe('How long it is good.'),
  claims: z
    .array(
      z
        .string()
        .min(1)
        .max(128)
        .refine((claim) => !ownClaims.has(claim), 'a claim that the gateway does not state itself'),
    )
    .max(32)
    .default([])
    .describe('Further claims of the caller that the backend gets to know, where they are there.'),
})
export type IdentityTokenConfig = z.infer<typeof config>

export interface IdentityTokenFacts {
  readonly issuer: string
  readonly backend: string
}

export const identityTokenFaults = defineFaults('identity-token', {
  'too-large': {
    status: 403,
    title: 'What is known of the caller is too much for a field of a request',
    remedy: 'Operators: let the backend get to know fewer claims.',
  },
})

export const identityTokenContract: PolicyContract<IdentityTokenConfig, IdentityTokenFacts> = {
  id: 'identity-token',
  summary: 'Tells the backend who calls, in a short-lived token that the gateway signs for it alone.',
  phase: 'backend',
  stacking: 'nearest',
  config,
  faults: identityTokenFaults,
  body: { need: 'none' },
  mayFailOpen: false,
  mentions: ({ claims }) => ({ attributes: claims.map((each) => `context.claims.${each}`) }),
  onlyAttached: true,
  derive: ({ api }: OperationPlace) => ({
    issuer: new URL(api.audience).origin,
    backend: new URL(api.upstream.targets[0]?.url ?? '').origin,
  }),
}
