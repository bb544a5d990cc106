import { createPrivateKey, X509Certificate } from 'node:crypto'
import { Secret } from '@portcullis/kernel/secret'
import type { ClientCertificate } from '@portcullis/ports/web/port'

const BLOCK = /-----BEGIN ([A-Z ]{1,40})-----[^-]{1,40000}-----END \1-----/g

/**
 * A certificate of ours from a secret of the vault: the certificate, its chain, and the private key, one PEM block after the
 * other.
 *
 * @throws RangeError for what is none: the revision is then refused.
 */
export function clientCertificateOf(secret: Secret): ClientCertificate {
  const blocks = [...secret.reveal().matchAll(BLOCK)].map(([text, label = '']) => ({ text, label }))
  const certificates = blocks.filter(({ label }) => label === 'CERTIFICATE').map(({ text }) => text)
  const keys = blocks.filter(({ label }) => label.endsWith('PRIVATE KEY')).map(({ text }) => text)
  const [own, key] = [certificates[0], keys[0]]
  if (own === undefined || key === undefined || keys.length > 1) {
    throw new RangeError('a client certificate is PEM of a certificate, its chain and one private key')
  }
  if (!belongTogether(own, key)) throw new RangeError('the certificate of a client is for another key')
  return { chain: certificates.join('\n'), key: new Secret(key) }
}

function belongTogether(certificate: string, key: string): boolean {
  try {
    return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key))
  } catch {
    // What can't be read is neither; of a key nothing is told.
    throw new RangeError('the certificate or the key of a client cannot be read')
  }
}
