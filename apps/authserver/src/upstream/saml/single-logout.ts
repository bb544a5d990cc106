import type { Secret } from '@portcullis/kernel/secret'
import {
  type Assertions,
  assertionsFaults,
  type MessageSigner,
  type NameId,
} from '@portcullis/ports/assertions/port'
import {
  type LogoutDemands,
  readLogoutRequest,
  readLogoutResponse,
} from '@portcullis/saml/logout/read-logout'
import type { MessageField, Received } from '@portcullis/saml/logout/receive'
import type { SamlEndpoint } from '@portcullis/saml/metadata/read-metadata'
import { SUCCESS } from '@portcullis/saml/namespace'
import { upstreamFaults } from '../fault.ts'
import type { AskedSignOut, Beginning, BrowserMessage, UpstreamSession } from '../upstream.ts'
import { nameKeyOf } from './identity-of.ts'
import { logoutContent, SUCCEEDED, writeMessage } from './message.ts'
import { sendMessage } from './send-message.ts'
import { type SamlTrust, SKEW_MILLIS } from './trust.ts'

/** A request is made for the moment. */
const MAX_AGE_MILLIS = 300_000
/** SAML Bindings §3.4.3 says 80 bytes; some take more. */
const MOST_RELAY_STATE = 256

/** One side of single logout (SAML Profiles §4.4), as things are now. */
export interface SingleLogout {
  readonly trust: SamlTrust
  readonly endpoint: SamlEndpoint
  /** §4.4.3.1, §4.4.4.1: what goes by the browser is signed. */
  readonly signer: MessageSigner
  readonly entityId: string
  readonly decryptionKeys: readonly Secret[]
  readonly assertions: Assertions
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** Asks the provider to end the sign-in on which a session of ours rested. */
export function askToSignOut(
  logout: SingleLogout,
  session: UpstreamSession,
  state: string,
): Beginning | undefined {
  if (session.hint === undefined) return undefined
  const { endpoint, now, entityId, signer, assertions } = logout
  const about = { destination: endpoint.url, entityId, now }
  const content = logoutContent(JSON.parse(session.hint) as NameId, session.id)
  const end = { NotOnOrAfter: new Date(now + MAX_AGE_MILLIS).toISOString() }
  const { id, xml } = writeMessage('LogoutRequest', about, end, content)
  const message = { field: 'SAMLRequest', xml, relayState: state, signer } as const
  return { kept: { request: id }, ...sendMessage(endpoint, message, assertions) }
}

/** What the provider asks; `undefined` where it is no request. Its answer is that it is done. */
export async function readAskedSignOut(
  logout: SingleLogout,
  message: BrowserMessage,
): Promise<AskedSignOut | undefined> {
  const received = receivedAs('SAMLRequest', message)
  if (received === undefined) return undefined
  const relayState = message.parameters.get('RelayState')
  if (relayState !== undefined && relayState.length > MOST_RELAY_STATE)
    throw upstreamFaults.refused({ internal: 'its RelayState is too long' })
  const asked = await readLogoutRequest(received, demandsOf(logout, message)).catch(refuse)
  const { endpoint, now, entityId, signer, assertions, trust } = logout
  const answersTo = endpoint.responseUrl ?? endpoint.url
  return {
    notice: { issuer: trust.issuer.name, name: nameKeyOf(asked.name), sessions: asked.sessions },
    use: { issuer: trust.issuer.name, id: asked.id, until: asked.until },
    answer: () => {
      const about = { destination: answersTo, entityId, now }
      const { xml } = writeMessage('LogoutResponse', about, { InResponseTo: asked.id }, SUCCEEDED)
      const reply = { field: 'SAMLResponse', xml, relayState, signer } as const
      return sendMessage({ binding: endpoint.binding, url: answersTo }, reply, assertions)
    },
  }
}

/** Throws `upstream.refused` unless it is the provider's word that it is done. */
export async function finishSignOut(
  logout: SingleLogout,
  message: BrowserMessage,
  kept: Readonly<Record<string, string>>,
): Promise<void> {
  const received = receivedAs('SAMLResponse', message)
  if (received === undefined) throw upstreamFaults.refused({ internal: 'there is no SAMLResponse' })
  const demands = { ...demandsOf(logout, message), inResponseTo: kept.request ?? '' }
  const status = await readLogoutResponse(received, demands).catch(refuse)
  if (status !== SUCCESS)
    throw upstreamFaults.refused({ internal: `it answered with ${status.slice(0, 200)}` })
}

function demandsOf({ trust, decryptionKeys, now }: SingleLogout, { address }: BrowserMessage): LogoutDemands {
  return {
    issuer: trust.issuer,
    destination: address.href,
    now,
    skewMillis: SKEW_MILLIS,
    maxAgeMillis: MAX_AGE_MILLIS,
    decryptionKeys,
  }
}

function receivedAs(field: MessageField, { parameters, query }: BrowserMessage): Received | undefined {
  const value = parameters.get(field)
  if (value === undefined) return undefined
  return query === undefined ? { binding: 'post', value } : { binding: 'redirect', query }
}

/** What was wrong is for the log. */
export function refuse(thrown: unknown): never {
  if (!assertionsFaults.refused.is(thrown)) throw thrown
  throw upstreamFaults.refused({ internal: thrown.message, cause: thrown })
}
