import { createPrivateKey, randomBytes, sign } from 'node:crypto'
import { deflateRawSync } from 'node:zlib'
import type { SamlProviderSpec } from '@portcullis/model/resource/identity-provider/saml'
import type { MessageSigner } from '@portcullis/ports/assertions/port'
import { escapeXml } from '@portcullis/xml/write-xml'
import type { UpstreamSignIn } from '../upstream.ts'

const MORE = 'http://www.w3.org/2001/04/xmldsig-more#'

export interface AuthnRequest {
  /** What the answer must be to. 160 random bits (SAML Core §1.3.4). */
  readonly id: string
  readonly xml: string
}

/** Asks an identity provider to say who the user is (SAML Core §3.4.1, Profiles §4.1.4.1). */
export function writeAuthnRequest(
  spec: SamlProviderSpec,
  { callback, demand }: UpstreamSignIn,
  entityId: string,
  now: number,
): AuthnRequest {
  const id = `_${randomBytes(20).toString('hex')}`
  const attributes = {
    'xmlns:samlp': 'urn:oasis:names:tc:SAML:2.0:protocol',
    'xmlns:saml': 'urn:oasis:names:tc:SAML:2.0:assertion',
    ID: id,
    Version: '2.0',
    IssueInstant: new Date(now).toISOString(),
    Destination: spec.signIn.url,
    // There is no age that could be asked for: what an app wants fresh is asked for anew.
    ...((demand.again || demand.isAsked) && { ForceAuthn: 'true' }),
    ProtocolBinding: 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST',
    AssertionConsumerServiceURL: callback.href,
  }
  const { nameIdFormat, multiFactorContext } = spec
  const policy = { ...(nameIdFormat !== undefined && { Format: nameIdFormat }), AllowCreate: 'true' }
  const context =
    demand.multiFactor && multiFactorContext !== undefined
      ? '<samlp:RequestedAuthnContext Comparison="exact"><saml:AuthnContextClassRef>' +
        `${escapeXml(multiFactorContext)}</saml:AuthnContextClassRef></samlp:RequestedAuthnContext>`
      : ''
  const xml =
    `<samlp:AuthnRequest${written(attributes)}><saml:Issuer>${escapeXml(entityId)}</saml:Issuer>` +
    `<samlp:NameIDPolicy${written(policy)}/>${context}</samlp:AuthnRequest>`
  return { id, xml }
}

function written(attributes: Readonly<Record<string, string>>): string {
  return Object.entries(attributes)
    .map(([name, value]) => ` ${name}="${escapeXml(value)}"`)
    .join('')
}

/** HTTP-Redirect binding (SAML Bindings §3.4.4.1): the signature is over the query, to the letter. */
export function redirectLocation(
  endpoint: string,
  xml: string,
  relayState: string,
  signer: MessageSigner | undefined,
): URL {
  const query = [
    ['SAMLRequest', deflateRawSync(xml).toString('base64')],
    ['RelayState', relayState],
  ]
  const key = signer && createPrivateKey(signer.key.reveal())
  if (key !== undefined)
    query.push(['SigAlg', `${MORE}${key.asymmetricKeyType === 'ec' ? 'ecdsa' : 'rsa'}-sha256`])
  const signed = query.map(([name, value = '']) => `${name}=${encodeURIComponent(value)}`).join('&')
  const signature =
    key === undefined
      ? ''
      : `&Signature=${encodeURIComponent(sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' }).toString('base64'))}`
  const url = new URL(endpoint)
  url.search = `${url.search === '' ? '?' : `${url.search}&`}${signed}${signature}`
  return url
}
