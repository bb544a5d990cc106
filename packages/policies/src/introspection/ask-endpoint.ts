import { Duration } from '@portcullis/kernel/duration'
import { parseStrictObject } from '@portcullis/kernel/strict-json'
import type { Keys } from '@portcullis/ports/keys/port'
import type { Vault } from '@portcullis/ports/vault/port'
import { type Web, type WebAnswer, webFaults } from '@portcullis/ports/web/port'
import { clientProver } from '../client/authentication.ts'
import { readJws, type UnverifiedJws } from '../jwt/jws.ts'
import type { Claims } from '../token/identity.ts'
import { holds, isFit } from '../token/signature.ts'
import { type IntrospectionConfig, introspectionFaults } from './contract.ts'

const MAX_ANSWER_BYTES = 64 * 1024
const SIGNED = 'token-introspection+jwt'

/** Asks the endpoint about a token; resolves to its answer as it stands. */
export type AskEndpoint = (token: string, nowMillis: number) => Promise<Claims>

/** @throws vault.unknown when the client's secret is not there. */
export function endpointAsker(
  { endpoint, client, signedBy, timeout }: IntrospectionConfig,
  issuer: string,
  { web, vault, keys }: { readonly web: Web; readonly vault: Vault; readonly keys: Keys },
): AskEndpoint {
  const prove = clientProver(client, vault.secret(client.secret), endpoint)
  const timeoutMillis = Duration.parse(timeout).milliseconds
  const accept = signedBy === undefined ? 'application/json' : `application/${SIGNED}`

  async function ask(token: string, nowMillis: number): Promise<WebAnswer> {
    const { headers, form, certificate } = prove(nowMillis)
    try {
      return await web.ask({
        url: endpoint,
        method: 'POST',
        headers: ['Content-Type', 'application/x-www-form-urlencoded', 'Accept', accept, ...headers],
        body: new URLSearchParams({ token, token_type_hint: 'access_token', ...form }).toString(),
        ...{ timeoutMillis, certificate },
        maxBytes: MAX_ANSWER_BYTES,
      })
    } catch (cause) {
      if (webFaults['too-large'].is(cause)) throw bad('it is too large')
      throw introspectionFaults.unavailable({ internal: `${endpoint} does not answer`, cause })
    }
  }

  /** RFC 9701 §5: for us, of the issuer, signed with one of its keys. */
  async function openSigned(answer: WebAnswer): Promise<Claims> {
    if (mediaType(answer) !== `application/${SIGNED}`) throw bad('it is not signed')
    const jws = opened(answer.body)
    if (jws.type !== SIGNED) throw bad(`its typ is not ${SIGNED}`)
    const key = await keys.find(signedBy as string, jws.kid)
    if (key === undefined || key.algorithm !== jws.algorithm || !isFit(key)) throw bad('nobody has its key')
    if (!holds(key, jws.signed, jws.signature)) throw bad('its signature is wrong')
    const { iss, aud, token_introspection: told } = jws.claims
    if (iss !== issuer) throw bad('its iss is somebody else')
    if (!(Array.isArray(aud) ? aud.includes(client.id) : aud === client.id))
      throw bad('it is for somebody else')
    if (typeof told !== 'object' || told === null || Array.isArray(told)) throw bad('it says nothing')
    return told as Claims
  }

  return async (token, nowMillis) => {
    const answer = await ask(token, nowMillis)
    if (answer.status !== 200) {
      throw introspectionFaults.unavailable({ internal: `${endpoint} answers with status ${answer.status}` })
    }
    if (signedBy !== undefined) return openSigned(answer)
    const told = mediaType(answer) === 'application/json' ? parseStrictObject(answer.body) : undefined
    if (told === undefined) throw bad('it is no JSON object')
    return told
  }
}

/** What is wrong with an answer says nothing of the token. */
function opened(body: Uint8Array): UnverifiedJws {
  try {
    return readJws(Buffer.from(body).toString('latin1').trim(), MAX_ANSWER_BYTES)
  } catch (thrown) {
    throw bad(thrown instanceof Error ? thrown.message : 'it is no JWT')
  }
}

function mediaType(answer: WebAnswer): string {
  return answer.header('content-type')?.split(';', 1)[0]?.trim().toLowerCase() ?? ''
}

function bad(reason: string) {
  return introspectionFaults['bad-answer']({ internal: `the answer cannot be used: ${reason}` })
}
