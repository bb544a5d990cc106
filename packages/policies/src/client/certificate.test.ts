import { Secret } from '@portcullis/kernel/secret'
import { openOpensslAuthority } from '@portcullis/policy-kit/fixture/openssl-authority'
import { describe, expect, it } from 'vitest'
import { clientProver } from './authentication.ts'
import { clientCertificateOf } from './certificate.ts'

describe('a certificate of ours', () => {
  using authority = openOpensslAuthority()
  const { certificate, key } = authority.issuePair()
  const other = authority.issuePair()

  it('is the certificate, its chain and the key, in whatever order', () => {
    for (const text of [
      certificate + authority.certificate + key,
      key + certificate + authority.certificate,
    ]) {
      const read = clientCertificateOf(new Secret(text))
      expect(read.chain).toBe(`${certificate.trim()}\n${authority.certificate.trim()}`)
      expect(read.key.reveal()).toBe(key.trim())
    }
  })

  it.each([
    ['a certificate alone', certificate],
    ['a key alone', key],
    ['the key of another', certificate + other.key],
    ['two keys', certificate + key + other.key],
    ['nonsense', 'secret'],
    ['nonsense in a frame', `-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n${key}`],
  ])('is refused: %s', (_, text) => {
    expect(() => clientCertificateOf(new Secret(text))).toThrow(RangeError)
  })

  it('is shown, with the client_id in the form and nothing secret (RFC 8705 §2)', () => {
    const config = { id: 'gateway', authentication: 'tls_client_auth', secret: 'own' } as const
    const prove = clientProver(config, new Secret(certificate + key), 'https://login.example/introspect')
    const proof = prove(0)
    expect(proof).toMatchObject({ headers: [], form: { client_id: 'gateway' } })
    expect(proof.certificate?.chain).toBe(certificate.trim())
    expect(prove(1).certificate).toBe(proof.certificate)
  })
})
