import { defineFaults } from '@portcullis/kernel/fault'
import { type Fetch, readText } from '@portcullis/kernel/fetch'
import { z } from '@portcullis/kernel/schema'
import type { Secret } from '@portcullis/kernel/secret'
import type { Clock } from '@portcullis/ports/clock/port'

export interface TokenRequest {
  readonly tokenUrl: string
  /** The resource indicator (RFC 8707) of the API that the token is for. */
  readonly audience: string
  readonly scope: string
  readonly clientId: string
  readonly clientSecret: Secret
}

/** The gateway's own access token for the control plane. */
export interface AccessToken {
  /** One that is good for a while yet. However many ask, one request is made. */
  get(): Promise<string>
  /** Forgets this token, because it was refused. */
  forget(token: string): void
}

export const tokenFaults = defineFaults('gateway-token', {
  refused: {
    status: 502,
    title: 'The authorization server gives the gateway no token',
    remedy: 'Check the client id and secret of the gateway, and that it may have the scope gateway.sync.',
  },
  unreachable: {
    status: 503,
    title: 'The authorization server cannot be reached',
    remedy: 'Check that it runs at the address that the gateway was given.',
  },
})

/** RFC 6749 §5.1, as far as it is read. */
const tokenAnswer = z.object({
  access_token: z.string().min(1).max(16_384),
  expires_in: z.number().positive().max(31_536_000).default(60),
})

const TIMEOUT_MILLIS = 10_000
/** Of an answer with a token of the greatest length, and room for what else it says. */
const MAX_ANSWER_BYTES = 65_536
/** A token is renewed this long before it expires, or halfway if it is short-lived. */
const MARGIN_MILLIS = 30_000

export function openAccessToken(request: TokenRequest, clock: Clock, fetch: Fetch): AccessToken {
  let current: { readonly token: string; readonly goodUntil: number } | undefined
  let asking: Promise<string> | undefined

  async function ask(): Promise<string> {
    const { access_token: token, expires_in: seconds } = await requestToken(request, fetch)
    const lifeMillis = seconds * 1000
    current = { token, goodUntil: clock.now() + lifeMillis - Math.min(MARGIN_MILLIS, lifeMillis / 2) }
    return token
  }

  return {
    async get() {
      if (current !== undefined && clock.now() < current.goodUntil) return current.token
      asking ??= ask().finally(() => {
        asking = undefined
      })
      return asking
    },
    forget(token) {
      if (current?.token === token) current = undefined
    },
  }
}

async function requestToken(request: TokenRequest, fetch: Fetch): Promise<z.infer<typeof tokenAnswer>> {
  const { status, text } = await post(request, fetch)
  const answer = tokenAnswer.safeParse(parse(text))
  if (status === 200 && answer.success) return answer.data
  throw tokenFaults.refused({
    detail: `It answered ${status} at ${request.tokenUrl}.`,
    internal: text.slice(0, 500),
  })
}

async function post(
  request: TokenRequest,
  fetch: Fetch,
): Promise<{ readonly status: number; readonly text: string }> {
  const { tokenUrl, audience, scope, clientId, clientSecret } = request
  // Both parts are form-encoded before they are joined (RFC 6749 §2.3.1).
  const basic = [clientId, clientSecret.reveal()].map((part) => formEncode(part)).join(':')
  try {
    const response = await fetch(tokenUrl, {
      method: 'POST',
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MILLIS),
      headers: {
        authorization: `Basic ${Buffer.from(basic).toString('base64')}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: `${new URLSearchParams({ grant_type: 'client_credentials', resource: audience, scope })}`,
    })
    return { status: response.status, text: await readText(response, MAX_ANSWER_BYTES) }
  } catch (cause) {
    throw tokenFaults.unreachable({ detail: `Nothing answered at ${tokenUrl}.`, cause })
  }
}

function formEncode(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice(1)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
