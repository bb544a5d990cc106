import type { SamlProviderSpec } from '@portcullis/model/resource/identity-provider/saml'
import { HTTP_POST, HTTP_REDIRECT, MD, SAMLP } from '@portcullis/saml/namespace'
import { escapeXml } from '@portcullis/xml/write-xml'

/** What we tell an identity provider of ourselves (SAML Metadata §2.4.4): where its answers and sign-outs go, and our keys. */
export function writeMetadata(spec: SamlProviderSpec, callback: URL, signedOut: URL): string {
  const { signingKey, decryptionKeys, nameIdFormat } = spec
  const keys = [
    ...(signingKey === undefined ? [] : [keyDescriptor('signing', signingKey.certificate)]),
    ...decryptionKeys.map(({ certificate }) => keyDescriptor('encryption', certificate)),
  ]
  const format =
    nameIdFormat === undefined ? '' : `<md:NameIDFormat>${escapeXml(nameIdFormat)}</md:NameIDFormat>`
  return (
    `<md:EntityDescriptor xmlns:md="${MD}" ID="_metadata"` +
    ` entityID="${escapeXml(spec.entityId ?? callback.href)}"><md:SPSSODescriptor` +
    ` AuthnRequestsSigned="${signingKey !== undefined}" WantAssertionsSigned="true"` +
    ` protocolSupportEnumeration="${SAMLP}">${keys.join('')}` +
    `${signingKey === undefined ? '' : signOutServices(signedOut)}${format}` +
    `<md:AssertionConsumerService Binding="${HTTP_POST}" index="0" isDefault="true"` +
    ` Location="${escapeXml(callback.href)}"/></md:SPSSODescriptor></md:EntityDescriptor>`
  )
}

/** Of sign-outs nothing is taken or sent that is not signed. */
function signOutServices(signedOut: URL): string {
  return [HTTP_REDIRECT, HTTP_POST]
    .map(
      (binding) => `<md:SingleLogoutService Binding="${binding}" Location="${escapeXml(signedOut.href)}"/>`,
    )
    .join('')
}

/** What is encrypted to us must be in a way that we take: AES-GCM, the key by RSA-OAEP. */
function keyDescriptor(use: 'signing' | 'encryption', pem: string): string {
  const base64 = pem.replaceAll(/-----[^-]+-----|\s/g, '')
  const methods =
    use === 'signing'
      ? ''
      : '<md:EncryptionMethod Algorithm="http://www.w3.org/2009/xmlenc11#aes256-gcm"/>' +
        '<md:EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p"/>'
  return (
    `<md:KeyDescriptor use="${use}"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data>` +
    `<ds:X509Certificate>${base64}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>${methods}</md:KeyDescriptor>`
  )
}
