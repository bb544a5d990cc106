import { createPrivateKey, sign } from 'node:crypto'
import { deflateRawSync } from 'node:zlib'
import type { Assertions, MessageSigner } from '@portcullis/ports/assertions/port'
import type { MessageField } from '@portcullis/saml/logout/receive'
import type { SamlEndpoint } from '@portcullis/saml/metadata/read-metadata'
import type { Going } from '../upstream.ts'

const MORE = 'http://www.w3.org/2001/04/xmldsig-more#'

export interface OutgoingMessage {
  readonly field: MessageField
  readonly xml: string
  readonly relayState: string | undefined
  /** Unsigned where there is none. */
  readonly signer: MessageSigner | undefined
}

/** How a message goes there with the browser: in the URL, or in a form. */
export function sendMessage(
  { binding, url }: Pick<SamlEndpoint, 'binding' | 'url'>,
  message: OutgoingMessage,
  assertions: Assertions,
): Going {
  if (binding === 'redirect') return { location: redirectLocation(url, message) }
  const { field, xml, relayState, signer } = message
  const signed = signer === undefined ? xml : assertions.sign(xml, signer)
  const state = relayState === undefined ? {} : { RelayState: relayState }
  return { action: new URL(url), fields: { [field]: Buffer.from(signed).toString('base64'), ...state } }
}

/** HTTP-Redirect binding (SAML Bindings §3.4.4.1): the signature is over the query, to the letter. */
function redirectLocation(endpoint: string, { field, xml, relayState, signer }: OutgoingMessage): URL {
  const query = [[field, deflateRawSync(xml).toString('base64')]]
  if (relayState !== undefined) query.push(['RelayState', relayState])
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
