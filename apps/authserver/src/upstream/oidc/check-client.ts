import { randomUUID } from 'node:crypto'
import { Secret } from '@portcullis/kernel/secret'
import type { OidcProviderSpec } from '@portcullis/model/resource/identity-provider/oidc'
import type { Web, WebAnswer } from '@portcullis/ports/web/port'
import type { ServerMetadata } from 'openid-client'
import type { UpstreamPorts } from '../catalog.ts'
import { upstreamFaults } from '../fault.ts'
import type { RelyingParty } from './relying-party.ts'

const TIMEOUT_MILLIS = 5_000
const MOST_BYTES = 64 * 1024

/** Whether a client of the provider is who it says: it shows there what it has shown here. */
export type CheckClient = (clientId: string, secret: Secret) => Promise<boolean>

/**
 * Asks the provider with the client's own credentials, and with nothing of ours: for a token (RFC 6749 §4.4), which nobody
 * uses, or about a token that there is none of (RFC 7662). Only success is one: whatever else it answers refuses the client.
 * Rejects with `upstream.unavailable` where nobody can say.
 */
export function clientChecker(
  checks: NonNullable<OidcProviderSpec['clientChecks']>,
  relyingParty: RelyingParty,
  { web }: UpstreamPorts,
): CheckClient {
  /** Endpoints of which it is known that they ask who asks. */
  const trusted = new Set<string>()

  return async (clientId, secret) => {
    const metadata = (await relyingParty()).serverMetadata()
    if (checks.by === 'token') return gaveToken(await askAt(metadata, 'token_endpoint', clientId, secret))
    const endpoint = metadata.introspection_endpoint ?? ''
    if (!trusted.has(endpoint)) {
      // One that answers anybody would let in anybody.
      const nobody = `nobody-${randomUUID()}`
      if (answered(await askAt(metadata, 'introspection_endpoint', nobody, new Secret(randomUUID())))) {
        throw upstreamFaults.unavailable({ internal: `${endpoint} answers whoever asks: it proves nobody` })
      }
      trusted.add(endpoint)
    }
    return answered(await askAt(metadata, 'introspection_endpoint', clientId, secret))
  }

  function askAt(
    metadata: ServerMetadata,
    which: 'token_endpoint' | 'introspection_endpoint',
    clientId: string,
    secret: Secret,
  ): Promise<WebAnswer> {
    const url = metadata[which]
    if (url === undefined) throw upstreamFaults.unavailable({ internal: `the provider has no ${which}` })
    const form =
      which === 'token_endpoint'
        ? { grant_type: 'client_credentials', ...(checks.scope !== undefined && { scope: checks.scope }) }
        : { token: randomUUID() }
    return ask(web, url, form, clientId, secret, takesFormAlone(metadata))
  }
}

async function ask(
  web: Web,
  url: string,
  form: Readonly<Record<string, string>>,
  clientId: string,
  secret: Secret,
  inForm: boolean,
): Promise<WebAnswer> {
  const shown = { client_id: clientId, client_secret: secret.reveal() }
  const answer = await web.ask({
    url,
    method: 'POST',
    headers: [
      ...['content-type', 'application/x-www-form-urlencoded', 'accept', 'application/json'],
      ...(inForm ? [] : ['authorization', basicOf(clientId, secret)]),
    ],
    body: new URLSearchParams({ ...form, ...(inForm && shown) }).toString(),
    timeoutMillis: TIMEOUT_MILLIS,
    maxBytes: MOST_BYTES,
  })
  const { status } = answer
  // Too many attempts there, or an outage: that says nothing of the client.
  if (status === 429 || status >= 500)
    throw upstreamFaults.unavailable({ internal: `${url} answers ${status}` })
  return answer
}

/** RFC 6749 §2.3.1: both are encoded as in a form before they are joined. */
function basicOf(clientId: string, secret: Secret): string {
  const encoded = (text: string) => new URLSearchParams({ '': text }).toString().slice(1)
  return `Basic ${Buffer.from(`${encoded(clientId)}:${encoded(secret.reveal())}`).toString('base64')}`
}

function takesFormAlone({ token_endpoint_auth_methods_supported: methods }: ServerMetadata): boolean {
  return methods?.includes('client_secret_post') === true && !methods.includes('client_secret_basic')
}

function gaveToken(answer: WebAnswer): boolean {
  const { access_token: token } = (answer.status === 200 ? jsonOf(answer) : undefined) ?? {}
  return typeof token === 'string' && token !== ''
}

function answered(answer: WebAnswer): boolean {
  return answer.status === 200 && jsonOf(answer)?.active === false
}

function jsonOf({ body }: WebAnswer): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(body).toString('utf8'))
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
