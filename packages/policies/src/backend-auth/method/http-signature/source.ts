import { hash, randomUUID } from 'node:crypto'
import { Duration } from '@portcullis/kernel/duration'
import type { OutgoingDraft } from '@portcullis/policy-kit/backend-credential'
import { bodyBytes } from '../../body-bytes.ts'
import { always, type OpenMethod } from '../../credential-source.ts'
import type { HttpSignatureConfig } from './config.ts'
import { type CoveredComponent, componentValue, signatureBase, signatureParams } from './rules.ts'
import { signerOf } from './signer.ts'

/** HTTP Message Signatures (RFC 9421), with the digest of the content (RFC 9530) where it is signed. */
export const openHttpSignature: OpenMethod<HttpSignatureConfig> = (config, { vault, clock }) => {
  const { algorithm, keyId, components, label, tag, maxBytes } = config
  const sign = signerOf(algorithm, vault.secret(config.key))
  const lifeSeconds = Duration.parse(config.lifetime).seconds
  const coversBody = components.includes('content-digest')

  function write(draft: OutgoingDraft): void {
    const { headers } = draft
    if (coversBody) headers.set('Content-Digest', `sha-256=:${hash('sha256', bodyBytes(draft), 'base64')}:`)
    // Signatures of others speak of a request that this one no longer is.
    headers.remove('signature')
    headers.remove('signature-input')
    const covered = components.flatMap((name): CoveredComponent[] => {
      const value = componentValue(name, draft)
      return value === undefined ? [] : [[name, value]]
    })
    const created = Math.floor(clock.now() / 1000)
    const params = signatureParams(
      covered.map(([name]) => name),
      {
        created,
        expires: created + lifeSeconds,
        keyid: keyId,
        alg: algorithm,
        nonce: randomUUID(),
        ...(tag !== undefined && { tag }),
      },
    )
    const signature = sign(signatureBase(covered, params)).toString('base64')
    headers.set('Signature-Input', `${label}=${params}`)
    headers.set('Signature', `${label}=:${signature}:`)
  }

  const source = always({ told: { method: 'http-signature', client: keyId, speaksOf: 'gateway' }, write })
  return coversBody ? { ...source, body: { need: 'whole', maxBytes } } : source
}
