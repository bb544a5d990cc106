import { openHttp1Client } from '@portcullis/http1/client/open-http1-client'
import type { Body } from '@portcullis/http1/message'
import { type Fetch, type FetchAnswer, giveUp } from '@portcullis/kernel/fetch'

export interface Http1Fetch {
  readonly fetch: Fetch
  /** Gives up all that is under way. */
  close(): void
}

/**
 * `fetch` over our own HTTP/1.1 client. That of the runtime takes some 25 MB of memory once it is used, for a client that
 * a gateway has already.
 */
export function openHttp1Fetch(): Http1Fetch {
  const client = openHttp1Client({ maxConnectionsPerOrigin: 32, maxWaitingPerOrigin: 1_024 })
  return {
    async fetch(url, { method = 'GET', headers = {}, body, redirect, signal }) {
      const { origin, pathname, search, host } = new URL(url)
      signal.throwIfAborted()
      try {
        const { status, body: content } = await client.request(origin, {
          method,
          target: `${pathname}${search}`,
          host,
          fields: Object.entries(headers).flat(),
          body: typeof body === 'string' ? Buffer.from(body) : body,
          signal,
        })
        const answer = { status, body: content === undefined ? null : piecesOf(content, signal) }
        if (redirect === 'error') await refuseRedirect(answer)
        return answer
      } catch (thrown) {
        throw signal.aborted ? signal.reason : thrown
      }
    },
    close: () => client.close(),
  }
}

async function refuseRedirect(answer: FetchAnswer): Promise<void> {
  if (!REDIRECTS.has(answer.status)) return
  await giveUp(answer)
  throw new TypeError(`it answered with status ${answer.status}, a redirect`)
}

/** Fetch, "redirect status". */
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

async function* piecesOf(body: Body, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    if (body instanceof Uint8Array) yield body
    else yield* body
  } catch (thrown) {
    throw signal.aborted ? signal.reason : thrown
  }
}
