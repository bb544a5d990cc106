import { ClientError } from '@portcullis/http1/client/client-error'
import { openHttp1Client } from '@portcullis/http1/client/open-http1-client'
import type { UpstreamTls } from '@portcullis/http1/client/upstream-tls'
import type { Body, Response } from '@portcullis/http1/message'
import {
  type ClientCertificate,
  type Web,
  type WebAnswer,
  type WebRequest,
  webFaults,
} from '@portcullis/ports/web/port'

export interface Http1Web extends Web {
  /** Gives up all that is under way. */
  close(): void
}

export interface Http1WebOptions {
  /** How TLS servers are recognised; by the public authorities when absent. */
  readonly tls?: UpstreamTls
}

/** Asks over our own HTTP/1.1 client and connections that it keeps. */
export function openHttp1Web({ tls }: Http1WebOptions = {}): Http1Web {
  const client = openHttp1Client({ maxConnectionsPerOrigin: 32, maxWaitingPerOrigin: 1_024 })
  // Connections are shared by requests with the same object.
  const showing = new WeakMap<ClientCertificate, UpstreamTls>()

  function tlsWith(certificate: ClientCertificate | undefined): UpstreamTls | undefined {
    if (certificate === undefined) return tls
    const { chain, key } = certificate
    const known = showing.get(certificate) ?? { ...tls, certificate: chain, key: key.reveal() }
    showing.set(certificate, known)
    return known
  }

  return {
    async ask(request) {
      const url = new URL(request.url)
      const late = AbortSignal.timeout(request.timeoutMillis)
      const signal = request.signal === undefined ? late : AbortSignal.any([late, request.signal])
      try {
        const response = await client.request(
          url.origin,
          toSend(url, request, signal),
          tlsWith(request.certificate),
        )
        return answerOf(response, await readWhole(response.body, request.maxBytes))
      } catch (thrown) {
        throw webFaults['too-large'].is(thrown) ? thrown : unavailable(url, thrown)
      }
    },
    close: () => client.close(),
  }
}

function toSend(url: URL, { method, headers, body }: WebRequest, signal: AbortSignal) {
  return {
    method,
    target: `${url.pathname}${url.search}`,
    host: url.host,
    fields: headers,
    body: typeof body === 'string' ? Buffer.from(body) : body,
    signal,
  }
}

async function readWhole(body: Body | undefined, maxBytes: number): Promise<Uint8Array> {
  if (body === undefined) return Buffer.alloc(0)
  const pieces: Uint8Array[] = []
  let bytes = 0
  for await (const piece of body instanceof Uint8Array ? [body] : body) {
    bytes += piece.byteLength
    // Leaving the loop gives the rest of the body up.
    if (bytes > maxBytes) throw webFaults['too-large']({ internal: `an answer above ${maxBytes} bytes` })
    pieces.push(piece)
  }
  return pieces.length === 1 ? (pieces[0] as Uint8Array) : Buffer.concat(pieces)
}

function answerOf({ status, fields }: Response, body: Uint8Array): WebAnswer {
  return {
    status,
    body,
    header(name) {
      const wanted = name.toLowerCase()
      const values = fields.filter((_, i) => i % 2 === 1 && fields[i - 1]?.toLowerCase() === wanted)
      return values.length === 0 ? undefined : values.join(', ')
    },
  }
}

/** The query may hold what is nobody's business: the log gets the place alone. */
function unavailable({ origin, pathname }: URL, cause: unknown) {
  const reason = cause instanceof ClientError ? cause.reason : String(cause)
  return webFaults.unavailable({ internal: `${origin}${pathname}: ${reason}`, cause })
}
