import type { SamlProviderSpec } from '@portcullis/model/resource/identity-provider/saml'
import { HTTP_POST } from '@portcullis/saml/namespace'
import { escapeXml } from '@portcullis/xml/write-xml'
import type { UpstreamSignIn } from '../upstream.ts'
import { type OwnMessage, writeMessage, written } from './message.ts'

/** Asks an identity provider to say who the user is (SAML Core §3.4.1, Profiles §4.1.4.1). */
export function writeAuthnRequest(
  { nameIdFormat, multiFactorContext }: SamlProviderSpec,
  { callback, demand }: UpstreamSignIn,
  about: Parameters<typeof writeMessage>[1],
): OwnMessage {
  const attributes = {
    // There is no age that could be asked for: what an app wants fresh is asked for anew.
    ...((demand.again || demand.isAsked) && { ForceAuthn: 'true' }),
    ProtocolBinding: HTTP_POST,
    AssertionConsumerServiceURL: callback.href,
  }
  const policy = { ...(nameIdFormat !== undefined && { Format: nameIdFormat }), AllowCreate: 'true' }
  const context =
    demand.multiFactor && multiFactorContext !== undefined
      ? '<samlp:RequestedAuthnContext Comparison="exact"><saml:AuthnContextClassRef>' +
        `${escapeXml(multiFactorContext)}</saml:AuthnContextClassRef></samlp:RequestedAuthnContext>`
      : ''
  return writeMessage('AuthnRequest', about, attributes, `<samlp:NameIDPolicy${written(policy)}/>${context}`)
}
