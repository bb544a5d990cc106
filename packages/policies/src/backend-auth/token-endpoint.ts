import { Duration } from '@portcullis/kernel/duration'
import type { Fault } from '@portcullis/kernel/fault'
import { Secret } from '@portcullis/kernel/secret'
import { parseStrictObject } from '@portcullis/kernel/strict-json'
import type { FetchedToken } from '@portcullis/ports/tokens/port'
import { type WebAnswer, webFaults } from '@portcullis/ports/web/port'
import type { ProveClient } from '../client/authentication.ts'
import { type BackendAuthFacts, backendAuthFaults } from './contract.ts'
import type { MethodPorts } from './credential-source.ts'

const MAX_ANSWER_BYTES = 64 * 1024
/** Where the endpoint does not say how long a token is good (RFC 6749 §5.1): long enough to be of use, and no longer. */
const UNTOLD_LIFE_MILLIS = 60_000
/** Longer than that no token is kept. */
const MAX_LIFE_MILLIS = 24 * 3_600_000

/** What the methods that ask a token endpoint have in common. */
export interface TokenRequestSettings {
  readonly tokenEndpoint?: string | undefined
  readonly audience: string
  readonly indicator: 'resource' | 'audience' | 'none'
  readonly scope?: string | undefined
  readonly timeout: string
}

export type Form = Readonly<Record<string, string>>

/** Asks for a token with a form; `refused` makes a fault of an error that the endpoint answers with. */
export type AskTokenEndpoint = (form: Form, refused: (internal: string) => Fault) => Promise<FetchedToken>

export function tokenEndpointOf({ tokenEndpoint }: TokenRequestSettings, facts: BackendAuthFacts): string {
  return tokenEndpoint ?? `${facts.issuer}/token`
}

export function tokenAsker(
  settings: TokenRequestSettings,
  { web, clock }: Pick<MethodPorts, 'web' | 'clock'>,
  facts: BackendAuthFacts,
  prove: ProveClient,
): AskTokenEndpoint {
  const endpoint = tokenEndpointOf(settings, facts)
  const timeoutMillis = Duration.parse(settings.timeout).milliseconds
  const common = { ...indicatorOf(settings), ...(settings.scope !== undefined && { scope: settings.scope }) }

  async function ask(form: Form, now: number): Promise<WebAnswer> {
    const proof = prove(now)
    try {
      return await web.ask({
        url: endpoint,
        method: 'POST',
        headers: [
          'Content-Type',
          'application/x-www-form-urlencoded',
          'Accept',
          'application/json',
          ...proof.headers,
        ],
        body: new URLSearchParams({ ...form, ...common, ...proof.form }).toString(),
        ...{ timeoutMillis, certificate: proof.certificate },
        maxBytes: MAX_ANSWER_BYTES,
      })
    } catch (cause) {
      if (webFaults['too-large'].is(cause)) throw bad('it is too large')
      throw backendAuthFaults.unavailable({ internal: `${endpoint} does not answer`, cause })
    }
  }

  return async (form, refused) => {
    const fetchedAt = clock.now()
    const answer = await ask(form, fetchedAt)
    const told = parseStrictObject(answer.body)
    if (answer.status >= 500 || answer.status === 429) {
      throw backendAuthFaults.unavailable({ internal: `${endpoint} answers with status ${answer.status}` })
    }
    if (answer.status !== 200) throw refused(`${endpoint}: ${errorOf(told)} (status ${answer.status})`)
    if (told === undefined) throw bad('it is no JSON object')
    return readToken(told, settings.audience, fetchedAt)
  }
}

function indicatorOf({ indicator, audience }: TokenRequestSettings): Form {
  return indicator === 'none' ? {} : { [indicator]: audience }
}

/** RFC 6749 §5.2. What is said there is not ours: a word of it at most. */
function errorOf(told: Record<string, unknown> | undefined): string {
  const error = told?.error
  return typeof error === 'string' && /^[a-z_]{1,64}$/.test(error) ? error : 'no error code'
}

/** RFC 6749 §5.1, RFC 8693 §2.2.1. */
function readToken(told: Record<string, unknown>, audience: string, fetchedAt: number): FetchedToken {
  const { access_token: token, token_type: type, expires_in: seconds } = told
  if (typeof token !== 'string' || !/^[A-Za-z0-9._~+/-]+=*$/.test(token)) throw bad('it has no access_token')
  // What is bound to a key (DPoP) we could not prove.
  if (typeof type !== 'string' || type.toLowerCase() !== 'bearer') throw bad('its token_type is not Bearer')
  if (seconds !== undefined && !(typeof seconds === 'number' && seconds > 0)) {
    throw bad('its expires_in is no number of seconds')
  }
  const claims = claimsOf(token)
  if (claims?.aud !== undefined && !namesAudience(claims.aud, audience)) {
    throw backendAuthFaults['wrong-audience']({ internal: `the token is not for ${audience}` })
  }
  const life = typeof seconds === 'number' ? seconds * 1000 : UNTOLD_LIFE_MILLIS
  const end = typeof claims?.exp === 'number' ? claims.exp * 1000 : Number.POSITIVE_INFINITY
  const expiresAt = Math.min(fetchedAt + Math.min(life, MAX_LIFE_MILLIS), end)
  if (expiresAt <= fetchedAt) throw bad('its token is over already')
  return { token: new Secret(token), fetchedAt, expiresAt }
}

/** What a JWT says of itself: whether that is true is for the backend to verify. */
function claimsOf(token: string): Record<string, unknown> | undefined {
  const parts = token.split('.')
  return parts.length === 3 ? parseStrictObject(Buffer.from(parts[1] as string, 'base64url')) : undefined
}

function namesAudience(told: unknown, audience: string): boolean {
  return Array.isArray(told) ? told.includes(audience) : told === audience
}

function bad(reason: string): Fault {
  return backendAuthFaults['bad-answer']({ internal: `the answer cannot be used: ${reason}` })
}
