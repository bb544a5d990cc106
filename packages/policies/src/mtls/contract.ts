import { defineFaults } from '@portcullis/kernel/fault'
import { name, z } from '@portcullis/kernel/schema'
import type { OperationPlace, PolicyContract } from '@portcullis/policy-kit/policy'
import { demandedSchemes } from '../scheme/requirement.ts'
import { readDistinguishedName } from './distinguished-name.ts'

const MAX_PEM_CHARACTERS = 64 * 1024

function dn(description: string) {
  return z
    .string()
    .min(3)
    .max(1024)
    .refine(
      (text) => readDistinguishedName(text) !== undefined,
      'a distinguished name, such as CN=robot,O=Acme,C=DE',
    )
    .optional()
    .describe(description)
}

const rule = z
  .strictObject({
    app: name().describe('The app whose certificate it is.'),
    subject: dn('Its subject (RFC 4514), all of it.'),
    issuer: dn('Its issuer (RFC 4514), all of it.'),
    dns: z
      .string()
      .min(1)
      .max(256)
      .optional()
      .describe('A DNS name that it is for; `*` stands for one whole label.'),
    uri: z
      .string()
      .min(1)
      .max(1024)
      .optional()
      .describe('A URI that it is for; `*` stands for one whole segment.'),
    email: z
      .string()
      .min(3)
      .max(320)
      .optional()
      .describe('A mail address that it is for; `*@` stands for any of a domain.'),
    fingerprint: z
      .string()
      .regex(/^[0-9A-Fa-f]{2}(:?[0-9A-Fa-f]{2}){31}$/, 'SHA-256, 64 hexadecimal digits')
      .optional()
      .describe('SHA-256 of the certificate: this one and no other, whoever issued it.'),
  })
  .refine(
    ({ app: _, issuer: __, ...own }) => Object.values(own).some((each) => each !== undefined),
    'something that tells certificates apart: subject, dns, uri, email or fingerprint',
  )

const config = z.strictObject({
  apps: z
    .array(rule)
    .min(1)
    .max(1000)
    .describe('Which certificates are whose. The first rule that fits counts; of a rule all must fit.'),
  authorities: z
    .string()
    .max(MAX_PEM_CHARACTERS)
    .refine((text) => isPem(text, 'CERTIFICATE'), 'certificates in PEM')
    .optional()
    .describe(
      'Who may issue certificates for this API, PEM, intermediates included; those that the listener trusts when absent.',
    ),
  revocations: z
    .array(
      z
        .string()
        .max(1024 * 1024)
        .refine((text) => isPem(text, 'X509 CRL'), 'a revocation list in PEM'),
    )
    .max(16)
    .default([])
    .describe(
      'Revocation lists (PEM) of these authorities. Beyond its next update a list refuses all that its authority issued.',
    ),
  others: z
    .enum(['refuse', 'ignore'])
    .default('refuse')
    .describe(
      'What becomes of a certificate that no rule fits: a call refused, or a call without this identity.',
    ),
})
export type MtlsConfig = z.infer<typeof config>
export type CertificateRule = z.infer<typeof rule>

export interface MtlsFacts {
  readonly schemes: readonly string[]
  readonly issuer: string
}

const OTHER = 'Show the certificate that was agreed for this API, with its intermediates.'

export const mtlsFaults = defineFaults('mtls', {
  malformed: { status: 401, title: 'The certificate cannot be read', remedy: OTHER },
  untrusted: {
    status: 401,
    title: 'Nobody who is trusted here issued the certificate',
    remedy: OTHER,
  },
  'wrong-purpose': {
    status: 401,
    title: 'The certificate is not for clients',
    remedy: 'Use a certificate whose extended key usage names clientAuth.',
  },
  expired: { status: 401, title: 'The certificate has expired', remedy: 'Renew the certificate.' },
  'not-yet-valid': {
    status: 401,
    title: 'The certificate is not valid yet',
    remedy: 'Wait until it is, or compare the clocks.',
  },
  revoked: { status: 401, title: 'The certificate was revoked', remedy: 'Ask its authority for a new one.' },
  'stale-list': {
    status: 401,
    title: 'It is not known any more whether the certificate was revoked',
    remedy: 'Operators: publish the authority’s present revocation list.',
  },
  unknown: {
    status: 401,
    title: 'The certificate is of no app that is known here',
    remedy: 'Ask the operators of the API to add it. Operators: add a rule to `apps`.',
  },
})

export const mtlsContract: PolicyContract<MtlsConfig, MtlsFacts> = {
  id: 'mtls',
  summary: 'Lets nobody in with a certificate that is not of an app, not trusted, or over.',
  phase: 'authenticate',
  stacking: 'nearest',
  config,
  faults: mtlsFaults,
  body: { need: 'none' },
  mayFailOpen: false,
  onlyAttached: true,
  derive: certificateFacts,
  satisfies: ({ type }) => type === 'mutualTLS',
}

function certificateFacts({ revision, api, operation }: OperationPlace): MtlsFacts | undefined {
  const schemes = demandedSchemes(api.schemes, operation.security, ({ type }) => type === 'mutualTLS')
  if (schemes.size === 0) return undefined
  return { schemes: [...schemes.keys()], issuer: revision.issuer.url }
}

/** Blocks of one kind and nothing else but white space. What is in them is read when the revision is loaded. */
function isPem(text: string, label: string): boolean {
  const end = `-----END ${label}-----`
  const blocks = text.trimEnd().split(end)
  return (
    blocks.length > 1 &&
    blocks.pop() === '' &&
    blocks.every(
      (block) =>
        /^\s*-----BEGIN [A-Z0-9 ]{1,32}-----[A-Za-z0-9+/=\s]+$/.test(block) &&
        block.includes(`BEGIN ${label}-`),
    )
  )
}
