import { createPrivateKey } from 'node:crypto'
import type { MessageSigner } from '@portcullis/ports/assertions/port'
import { SignedXml } from 'xml-crypto'
import { SIGNATURE_METHODS, signatureAlgorithms, suits } from './algorithm.ts'
import { ENVELOPED, EXCLUSIVE_C14N, XENC } from './namespace.ts'

/** As `Assertions.sign`: behind the Issuer, where the schema wants it, and with the certificate beside it. */
export function signMessage(xml: string, { key: secret, certificate }: MessageSigner): string {
  const key = createPrivateKey(secret.reveal())
  const [algorithm] = [...SIGNATURE_METHODS].find(([, method]) => suits(key, method)) ?? []
  if (algorithm === undefined) throw new TypeError('an RSA key of 2048 bits or more, or an EC key, can sign')
  const signed = new SignedXml({
    privateKey: key,
    publicCert: certificate,
    signatureAlgorithm: algorithm as never,
    canonicalizationAlgorithm: EXCLUSIVE_C14N,
  })
  signed.SignatureAlgorithms = signatureAlgorithms as never
  signed.idAttributes = ['ID']
  signed.addReference({
    xpath: '/*',
    transforms: [ENVELOPED, EXCLUSIVE_C14N],
    digestAlgorithm: `${XENC}sha256`,
  })
  signed.computeSignature(xml, {
    prefix: 'ds',
    location: { reference: "/*/*[local-name(.)='Issuer']", action: 'after' },
  })
  return signed.getSignedXml()
}
