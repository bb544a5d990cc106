import { childrenOf, elementsOf, is, textOf, type XmlElement } from '@portcullis/xml/element'
import { standalone } from '@portcullis/xml/write-xml'
import { wsSecurityFaults } from './contract.ts'
import { instantOf } from './instant.ts'
import { WSSE, WSU } from './soap.ts'
import { readUsernameToken, type UsernameToken } from './username-token.ts'

const SAML = 'urn:oasis:names:tc:SAML:2.0:assertion'

/** The one token of a security header. */
export type Token =
  | { readonly kind: 'username'; readonly token: UsernameToken }
  /** As a document of its own. */
  | { readonly kind: 'assertion'; readonly xml: string }

/**
 * What a security header proves the sender with. Two tokens could speak of two senders, and what we don't understand could
 * say that the rest does not count (WS-Security §5, `mustUnderstand`): both are refused.
 *
 * @throws ws-security.not-understood, ws-security.refused
 */
export function readToken(header: { readonly text: string; readonly root: XmlElement }, now: number): Token {
  const tokens: Token[] = []
  let timestamps = 0
  for (const each of elementsOf(header.root)) {
    if (is(each, WSSE, 'UsernameToken')) tokens.push({ kind: 'username', token: readUsernameToken(each) })
    else if (is(each, SAML, 'Assertion') || is(each, SAML, 'EncryptedAssertion'))
      tokens.push({ kind: 'assertion', xml: standalone(header.text, each) })
    else if (is(each, WSU, 'Timestamp') && timestamps++ === 0) demandNow(each, now)
    else throw notUnderstood(`There is a ${each.name} in it that is not understood.`)
  }
  const [token, ...others] = tokens
  if (token === undefined || others.length > 0) throw notUnderstood('There must be one token in it.')
  return token
}

/** WS-Security §10. What nobody signed keeps only honest messages from coming late. */
function demandNow(timestamp: XmlElement, now: number): void {
  const [expires, ...others] = childrenOf(timestamp, WSU, 'Expires')
  if (expires === undefined) return
  const at = instantOf(textOf(expires) ?? '')
  if (at === undefined || others.length > 0) throw notUnderstood('Expires is no time in UTC.')
  if (now >= at) throw wsSecurityFaults.refused({ internal: 'the message has expired' })
}

function notUnderstood(detail: string) {
  return wsSecurityFaults['not-understood']({ detail })
}
