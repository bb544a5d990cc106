import { defineFaults } from '@portcullis/kernel/fault'
import { type Fetch, type FetchAnswer, readText } from '@portcullis/kernel/fetch'
import type { Secret } from '@portcullis/kernel/secret'

export const tokenFaults = defineFaults('token', {
  unreachable: {
    status: 503,
    title: 'The authorization server cannot be reached',
    remedy:
      'Check that Portcullis runs, and that PORTCULLIS_AUTHSERVER_URL or its port is right: `npx portcullis doctor` says what is wrong.',
  },
  refused: {
    status: 401,
    title: 'The authorization server issued no token',
    remedy: 'Check the app, its secret, and that its subscriptions allow what was asked for.',
  },
})

export interface TokenRequest {
  readonly tokenUrl: string
  readonly client: string
  readonly secret: Secret
  readonly resource?: string | undefined
  readonly scope?: string | undefined
  /** Who asks; the runtime when absent. */
  readonly fetch?: Fetch
}

const TIMEOUT_MILLIS = 10_000
const MAX_ANSWER_BYTES = 65_536

export interface FetchedToken {
  readonly text: string
  /** Milliseconds from now. */
  readonly livesMillis: number
}

/** Fetches an access token with client credentials (RFC 6749 §4.4) for one resource (RFC 8707). */
export async function fetchToken(request: TokenRequest): Promise<FetchedToken> {
  const response = await send(request).catch((cause: unknown) => {
    throw tokenFaults.unreachable({ detail: `${request.tokenUrl} does not answer.`, cause })
  })
  // Read whatever the status is: until then it would keep its connection.
  const body = await readJson(response)
  if (response.status >= 500) {
    throw tokenFaults.unreachable({ detail: `${request.tokenUrl} answers with ${response.status}.` })
  }
  if (typeof body.access_token === 'string') {
    // Without `expires_in` (RFC 6749 §5.1 only recommends it) a token is not kept.
    const seconds = typeof body.expires_in === 'number' ? body.expires_in : 0
    return { text: body.access_token, livesMillis: seconds * 1000 }
  }
  const reason = [body.error, body.error_description].filter((each) => typeof each === 'string').join(': ')
  throw tokenFaults.refused({
    detail: reason === '' ? `It answered with status ${response.status}.` : reason,
  })
}

/** Tokens are renewed this long before they expire, so that none expires under way. */
const RENEW_BEFORE_MILLIS = 30_000

/** A token that is fetched when one is needed, kept while it lives, and fetched once for all who wait for it. */
export function keptToken(request: TokenRequest): () => Promise<string> {
  let fetching: Promise<string> | undefined
  let goodUntil = 0
  return () => {
    if (fetching !== undefined && performance.now() < goodUntil) return fetching
    goodUntil = Number.POSITIVE_INFINITY
    fetching = fetchToken(request).then(
      ({ text, livesMillis }) => {
        goodUntil = performance.now() + livesMillis - RENEW_BEFORE_MILLIS
        return text
      },
      (error: unknown) => {
        fetching = undefined
        throw error
      },
    )
    return fetching
  }
}

/** Nothing where it is no JSON. */
async function readJson(answer: FetchAnswer): Promise<Record<string, unknown>> {
  try {
    return JSON.parse(await readText(answer, MAX_ANSWER_BYTES)) as Record<string, unknown>
  } catch {
    return {}
  }
}

function send({ tokenUrl, client, secret, resource, scope, ...request }: TokenRequest): Promise<FetchAnswer> {
  // RFC 6749 §2.3.1: both halves are form-encoded before they are joined.
  const pair = `${encodeURIComponent(client)}:${encodeURIComponent(secret.reveal())}`
  return (request.fetch ?? fetch)(tokenUrl, {
    method: 'POST',
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MILLIS),
    headers: {
      Authorization: `Basic ${Buffer.from(pair).toString('base64')}`,
      'Content-Type': 'application/x-www-form-urlencoded',
    },
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      ...(resource !== undefined && { resource }),
      ...(scope !== undefined && { scope }),
    }).toString(),
  })
}
