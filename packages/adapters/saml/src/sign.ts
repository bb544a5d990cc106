import { createPrivateKey } from 'node:crypto'
import type { MessageSigner } from '@portcullis/ports/assertions/port'
import { elementsOf, is } from '@portcullis/xml/element'
import { readXml } from '@portcullis/xml/read-xml'
import { SignedXml } from 'xml-crypto'
import { SIGNATURE_METHODS, signatureAlgorithms, suits } from './algorithm.ts'
import { MESSAGE_LIMITS } from './limit.ts'
import { ENVELOPED, EXCLUSIVE_C14N, SAML, XENC } from './namespace.ts'

/** As `Assertions.sign`: where the schema wants it, and with the certificate beside it. */
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
  const root = readXml(xml, MESSAGE_LIMITS)
  const isMessage = elementsOf(root).some((each) => is(each, SAML, 'Issuer'))
  signed.computeSignature(xml, {
    prefix: 'ds',
    // Metadata have no issuer: theirs comes first (SAML Metadata §2.3.2).
    location: isMessage
      ? { reference: "/*/*[local-name(.)='Issuer']", action: 'after' }
      : { reference: '/*', action: 'prepend' },
  })
  return signed.getSignedXml()
}
