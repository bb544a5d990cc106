import { defineFaults } from '@portcullis/kernel/fault'
import { z } from '@portcullis/kernel/schema'
import type { OperationPlace, PolicyContract } from '@portcullis/policy-kit/policy'
import { assertionConfig } from '../assertion/config.ts'
import { demandedSchemes } from '../scheme/requirement.ts'

/** What OpenAPI calls it: `type: http`, `scheme: saml`. */
export const SAML_SCHEME = 'saml'

const config = assertionConfig.extend({
  header: z
    .string()
    .max(64)
    .regex(/^[A-Za-z0-9-]+$/, 'a header name is letters, digits and hyphens')
    .optional()
    .describe('The field that carries it, and nothing else; `Authorization: SAML …` when absent.'),
  attemptsPerMinute: z
    .int()
    .min(1)
    .max(100_000)
    .default(20)
    .describe('How many assertions that do not hold may come from a network.'),
})
export type SamlAssertionConfig = z.infer<typeof config>

export interface SamlAssertionFacts {
  readonly schemes: readonly string[]
  readonly audience: string
}

export const samlAssertionFaults = defineFaults('saml-assertion', {
  'bad-request': {
    status: 400,
    title: 'The SAML assertion cannot be read',
    remedy:
      'Send one field with one SAML 2.0 assertion in it, in base64, behind the word SAML in Authorization.',
  },
  refused: {
    status: 401,
    title: 'The SAML assertion does not hold',
    remedy: 'Get a new assertion for this API from an issuer that is trusted here.',
  },
  'too-many': {
    status: 429,
    title: 'Too many SAML assertions that do not hold',
    remedy: 'Wait a minute, then send one that does.',
  },
})

export const samlAssertionContract: PolicyContract<SamlAssertionConfig, SamlAssertionFacts> = {
  id: 'saml-assertion',
  summary: 'Lets nobody in with a SAML 2.0 assertion that does not hold for this API.',
  phase: 'authenticate',
  stacking: 'nearest',
  config,
  faults: samlAssertionFaults,
  body: { need: 'none' },
  mayFailOpen: false,
  onlyAttached: true,
  derive: samlFacts,
  satisfies: (scheme) => scheme.type === 'http' && scheme.scheme.toLowerCase() === SAML_SCHEME,
}

function samlFacts({ api, operation }: OperationPlace): SamlAssertionFacts | undefined {
  const { satisfies } = samlAssertionContract
  const schemes = demandedSchemes(api.schemes, operation.security, (each) => satisfies?.(each) === true)
  if (schemes.size === 0) return undefined
  return { schemes: [...schemes.keys()], audience: api.audience }
}
