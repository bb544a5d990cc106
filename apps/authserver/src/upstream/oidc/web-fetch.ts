import { Buffer } from 'node:buffer'
import type { Web } from '@portcullis/ports/web/port'

const TIMEOUT_MILLIS = 5_000
/** Of metadata, key sets, tokens and UserInfo. */
const MOST_BYTES = 256 * 1024
/** Answers that have no body (Fetch §2.2.3). */
const WITHOUT_BODY = new Set([204, 205, 304])

type Method = 'GET' | 'POST'

/** What the libraries of OpenID Connect ask of `fetch`: short and small answers, no redirect, no method but GET and POST. */
export function webFetch(web: Web): (url: string, options?: FetchOptions) => Promise<Response> {
  return async (url, { method = 'GET', headers, body, signal } = {}) => {
    if (method !== 'GET' && method !== 'POST') throw new TypeError(`nothing is asked with ${method}`)
    const answer = await web.ask({
      url,
      method: method satisfies Method,
      headers: [...new Headers(headers), ...ownHeaders(body)].flat(),
      ...(body != null && { body: textOf(body) }),
      timeoutMillis: TIMEOUT_MILLIS,
      maxBytes: MOST_BYTES,
      ...(signal && { signal }),
    })
    const told = ['content-type', 'www-authenticate', 'dpop-nonce'].flatMap((name): [string, string][] => {
      const value = answer.header(name)
      return value === undefined ? [] : [[name, value]]
    })
    const content = WITHOUT_BODY.has(answer.status) ? null : Buffer.from(answer.body)
    return new Response(content, { status: answer.status, headers: told })
  }
}

interface FetchOptions {
  readonly method?: string
  readonly headers?: ConstructorParameters<typeof Headers>[0]
  readonly body?: unknown
  readonly signal?: AbortSignal | null | undefined
}

/** `fetch` itself tells of the type of a form. */
function ownHeaders(body: unknown): [string, string][] {
  return body instanceof URLSearchParams ? [['content-type', 'application/x-www-form-urlencoded']] : []
}

function textOf(body: unknown): string {
  if (typeof body === 'string' || body instanceof URLSearchParams) return body.toString()
  throw new TypeError('only texts and forms are sent')
}
