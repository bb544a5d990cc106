import { WholeResponse } from '@portcullis/http1/body/whole-response'
import type { Malformed } from '@portcullis/http1/head/malformed'
import type { Response, ServerRequest, Trailers } from '@portcullis/http1/message'
import { listenHttp1 } from '@portcullis/http1/server/listen-http1'
import { WEBSOCKET, WEBSOCKET_VERSION } from '@portcullis/http1/websocket/handshake'
import type { Malformed as Http2Malformed } from '@portcullis/http2/head/malformed'
import { changed, type Soon } from '@portcullis/kernel/later'
import type { Signal } from '@portcullis/kernel/signal'
import type { IncomingRequest, TlsFacts } from '@portcullis/policy-kit/exchange'
import { HeaderList } from '@portcullis/policy-kit/message/header-list'
import type { Body } from '@portcullis/policy-kit/message/reply'
import type { Log } from '@portcullis/ports/log/port'
import { type Caller, type CallerReader, callerReader } from '../caller/read-caller.ts'
import { gatewayFaults } from '../fault.ts'
import { faultOfMalformed } from './fault-of-malformed.ts'
import type { Address, Door, DoorReply, Listener, ListenerLimits } from './listener.ts'

/** Opens a listener for HTTP/1.1 and HTTP/2. Rejects when the address can't be had. */
export async function openHttp1Listener(
  address: Address,
  door: Door,
  log: Log,
  limits: ListenerLimits,
): Promise<Listener> {
  const callers = address.trustedProxies && callerReader(address.trustedProxies)
  const handler = {
    handle(request: ServerRequest): Soon<Response> {
      // What the server as such can do (RFC 9110 §9.3.7) is no operation of any API.
      if (request.target === '*')
        return { ...responseOf(door.refuse(asterisk(), request.method)), close: true }
      return changed(door.handle(new CallerRequest(request, callers)), responseOf)
    },
    refuse(malformed: Malformed | Http2Malformed, method: string | undefined) {
      const reply = door.refuse(faultOfMalformed(malformed), method)
      // RFC 9110 §15.5.22, RFC 6455 §4.4: what would do instead.
      if (malformed.status === 426) {
        reply.headers.append('Upgrade', WEBSOCKET)
        reply.headers.append('Sec-WebSocket-Version', WEBSOCKET_VERSION)
      }
      return responseOf(reply)
    },
    observer: {
      onHandlerFailed: (cause: unknown) => log.error('a call could not be handled', { cause }),
      onResponseCut: (cause: Error, { fields }: Response) => {
        const decision = new HeaderList([...fields]).get('portcullis-decision')
        log.warn('a reply was cut off', { decision, cause })
      },
    },
  }
  const use = address.http2 ?? 'tls'
  // Loaded where it can be spoken: threads are kept small.
  const isSpoken = use === 'cleartext' || (use === 'tls' && address.tls !== undefined)
  const other = isSpoken
    ? (await import('./http2-listener.ts')).openHttp2Beside(handler, use, limits)
    : undefined
  const listener = await listenHttp1({
    ...address,
    ...handler,
    isProxy: callers?.isProxy,
    limits,
    other,
  })
  return {
    ...listener,
    counts: () => ({ ...listener.counts(), http2: other?.counts() }),
  }
}

const asterisk = () =>
  gatewayFaults['malformed-request']({ detail: 'The target must be a path, with a query or without.' })

/** A request of the engine in the words of policies; nothing is copied. */
class CallerRequest implements IncomingRequest {
  readonly headers: HeaderList
  readonly #request: ServerRequest
  readonly #caller: Caller | undefined
  declare readonly body?: Body

  constructor(request: ServerRequest, callers: CallerReader | undefined) {
    this.#request = request
    this.headers = new HeaderList(request.fields)
    // RFC 9112 §3.2.2: in absolute form its authority counts and the Host field does not.
    if (this.headers.get('host') !== request.host) this.headers.set('Host', request.host)
    this.#caller = callers?.read(request.remoteAddress, this.headers)
    if (this.#caller?.host !== undefined) this.headers.set('Host', this.#caller.host)
    if (request.body !== undefined) this.body = request.body
  }

  get trailers(): Trailers | undefined {
    return this.#request.trailers
  }

  get acceptsTrailers(): boolean {
    return this.#request.acceptsTrailers
  }

  get method(): string {
    return this.#request.method
  }

  get target(): string {
    return this.#request.target
  }

  get remoteAddress(): string {
    return this.#caller?.address ?? this.#request.remoteAddress
  }

  get scheme(): 'http' | 'https' {
    return this.#caller?.scheme ?? (this.#request.tls === undefined ? 'http' : 'https')
  }

  /** Behind a proxy the certificate is that of the caller, of whom the proxy tells: its own says nothing of callers. */
  get tls(): TlsFacts | undefined {
    const { tls } = this.#request
    if (this.#caller === undefined) return tls
    const { certificate } = this.#caller
    const clientCertificate = certificate && { der: certificate, verified: true }
    if (tls !== undefined) return { ...tls, clientCertificate }
    if (clientCertificate === undefined) return undefined
    return { version: 'unknown', cipher: 'unknown', serverName: undefined, clientCertificate }
  }

  get upgrade(): 'websocket' | undefined {
    return this.#request.upgrade
  }

  inform(status: number, fields: readonly string[]): void {
    this.#request.inform(status, fields)
  }

  get signal(): Signal {
    return this.#request.signal
  }
}

function responseOf(reply: DoorReply): Response {
  const { status, headers, untouched, trailers, switchTo } = reply
  const fields = headers.flat()
  if (untouched !== undefined) return new WholeResponse({ status, fields }, untouched, trailers)
  return { status, fields, body: reply.body, trailers, switchTo }
}
