import { X509Certificate } from 'node:crypto'
import type { Fault } from '@portcullis/kernel/fault'
import type { Finding } from '@portcullis/model/finding/finding'
import type { SamlProviderSpec } from '@portcullis/model/resource/identity-provider/saml'
import { assertionsFaults } from '@portcullis/ports/assertions/port'
import { readMetadata } from '@portcullis/saml/metadata/read-metadata'
import { type Check, found } from './check.ts'
import { modelFaults } from './fault.ts'

/** As the authorization server allows. */
const SKEW_MILLIS = 60_000

/** What is declared of SAML identity providers can be read, as it will be when somebody signs in. */
export const checkIdentityProviders: Check = (landscape, _, now) =>
  landscape.of('IdentityProvider').flatMap((provider): Finding[] => {
    const { spec } = provider
    if (spec.type !== 'saml') return []
    const broken = certificatesOf(spec).filter(({ pem }) => !isCertificate(pem))
    if (broken.length > 0) {
      const detail = 'It is no certificate in PEM.'
      return broken.map(({ at }) => found(landscape, provider, at, modelFaults['bad-certificate'], detail))
    }
    const objection = objectionTo(spec, now)
    if (objection === undefined) return []
    return [found(landscape, provider, ['spec', 'metadata'], modelFaults['bad-metadata'], objection)]
  })

function certificatesOf({ certificates = [], metadata, signingKey, decryptionKeys }: SamlProviderSpec) {
  const list = (all: readonly string[], ...at: string[]) =>
    all.map((pem, i) => ({ pem, at: ['spec', ...at, i] }))
  return [
    ...list(certificates, 'certificates'),
    ...list(metadata?.certificates ?? [], 'metadata', 'certificates'),
    ...(signingKey ? [{ pem: signingKey.certificate, at: ['spec', 'signingKey', 'certificate'] }] : []),
    ...decryptionKeys.map(({ certificate: pem }, i) => {
      return { pem, at: ['spec', 'decryptionKeys', i, 'certificate'] }
    }),
  ]
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).subject !== undefined
  } catch {
    return false
  }
}

/** What is fetched is read when it comes. */
function objectionTo({ issuer, metadata }: SamlProviderSpec, now: number): string | undefined {
  if (metadata === undefined || 'url' in metadata) return undefined
  const { text = '', certificates } = metadata
  try {
    readMetadata(text, { issuer, now, skewMillis: SKEW_MILLIS, ...(certificates && { certificates }) })
    return undefined
  } catch (thrown) {
    if (!assertionsFaults.refused.is(thrown)) throw thrown
    return `${(thrown as Fault).message}.`
  }
}
