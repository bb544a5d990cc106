import type { Secret } from '@portcullis/kernel/secret'
import type { AssertionIssuer, NameId } from '@portcullis/ports/assertions/port'
import { refused } from '@portcullis/ports/assertions/statement'
import { attributeOf, childrenOf, is, textOf, type XmlElement } from '@portcullis/xml/element'
import { readXml } from '@portcullis/xml/read-xml'
import { decrypt } from '../decrypt.ts'
import { keysOf } from '../issuer-key.ts'
import { MESSAGE_LIMITS } from '../limit.ts'
import { SAML, SAMLP } from '../namespace.ts'
import { instant, issuerOf, nameIdOf, readNameId, required, statusOf } from '../part.ts'
import { settle } from '../settle.ts'
import { type MessageField, type Received, readReceived } from './receive.ts'

/** Of whoever sends it, and how we take it. Times are milliseconds, `now` since the epoch. */
export interface LogoutDemands {
  readonly issuer: AssertionIssuer
  /** Where it must have been sent. */
  readonly destination: string
  readonly now: number
  readonly skewMillis: number
  /** From its issue on it is good for this long at most. */
  readonly maxAgeMillis: number
  readonly decryptionKeys: readonly Secret[]
}

/** Whose sign-ins are over (SAML Core §3.7.1). */
export interface LogoutRequest {
  readonly id: string
  readonly name: NameId
  /** Of which sign-ins, as they were called when they began; of all where there are none. */
  readonly sessions: readonly string[]
  /** Milliseconds since the epoch: it is refused from then on anyway. */
  readonly until: number
}

/** As many as anybody has sign-ins with us at a time. */
const MOST_SESSIONS = 64

/**
 * What an identity provider asks: signed, from it, for us and in time. Whether it comes for the first time is for the caller to ask.
 *
 * @throws assertions.refused
 */
export function readLogoutRequest(received: Received, demands: LogoutDemands): Promise<LogoutRequest> {
  return settle(() => {
    const root = messageOf(received, 'SAMLRequest', 'LogoutRequest', demands)
    const { now, skewMillis, maxAgeMillis } = demands
    const sessions = childrenOf(root, SAMLP, 'SessionIndex').map((each) =>
      required(textOf(each), 'SessionIndex'),
    )
    if (sessions.length > MOST_SESSIONS) throw refused('it names too many sign-ins')
    const end = attributeOf(root, 'NotOnOrAfter')
    if (end !== undefined && now >= instant(end) + skewMillis) throw refused('it is over')
    return {
      id: required(attributeOf(root, 'ID'), 'ID'),
      name: nameOf(root, demands.decryptionKeys),
      sessions,
      until: now + maxAgeMillis + 2 * skewMillis,
    }
  })
}

/**
 * What became of a request of ours: its status, as it was written.
 *
 * @throws assertions.refused for what is no answer to it
 */
export function readLogoutResponse(
  received: Received,
  demands: LogoutDemands & { readonly inResponseTo: string },
): Promise<string> {
  return settle(() => {
    const root = messageOf(received, 'SAMLResponse', 'LogoutResponse', demands)
    if (attributeOf(root, 'InResponseTo') !== demands.inResponseTo)
      throw refused('it answers another request')
    return statusOf(root)
  })
}

function messageOf(
  received: Received,
  field: MessageField,
  kind: string,
  { issuer, destination, now, skewMillis, maxAgeMillis }: LogoutDemands,
): XmlElement {
  const root = readReceived(received, field, keysOf(issuer))
  if (!is(root, SAMLP, kind)) throw refused(`it is no ${kind} of SAML 2.0`)
  if (attributeOf(root, 'Version') !== '2.0') throw refused('it is of another version')
  if (issuerOf(root) !== issuer.name) throw refused('it is of another issuer')
  // SAML Bindings §3.4.5.2, §3.5.5.2: it says where it was sent, so that it can't be sent on.
  if (attributeOf(root, 'Destination') !== destination) throw refused('it was sent to somebody else')
  const issuedAt = instant(required(attributeOf(root, 'IssueInstant'), 'IssueInstant'))
  if (issuedAt > now + skewMillis) throw refused('it was issued later than now')
  if (now >= issuedAt + maxAgeMillis + skewMillis) throw refused('it is over')
  return root
}

function nameOf(request: XmlElement, keys: readonly Secret[]): NameId {
  const [encrypted, ...others] = childrenOf(request, SAML, 'EncryptedID')
  if (encrypted === undefined) return nameIdOf(request)
  if (others.length > 0 || childrenOf(request, SAML, 'NameID').length > 0)
    throw refused('it names more than one')
  const name = readXml(decrypt(encrypted, keys), MESSAGE_LIMITS)
  if (!is(name, SAML, 'NameID')) throw refused('what is encrypted is no name')
  return readNameId(name)
}
