import type { OtherProtocol } from '@portcullis/http1/server/other-protocol'
import { type Http2ServerOptions, openHttp2Server } from '@portcullis/http2/server/open-http2-server'
import { isGrpc } from './grpc/is-grpc.ts'
import type { Http2Use, ListenerLimits } from './listener.ts'

/** With what every connection of HTTP/2 begins (RFC 9113 §3.4). */
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1')

/** HTTP/2 beside HTTP/1.1, for whoever stands behind both. Undefined where it is not to be spoken. */
export function openHttp2Beside(
  { handle, refuse, observer }: Pick<Http2ServerOptions, 'handle' | 'refuse' | 'observer'>,
  use: Http2Use,
  limits: ListenerLimits,
): OtherProtocol | undefined {
  if (use === 'off') return undefined
  const server = openHttp2Server({ handle, refuse, observer, isStream: isGrpc, limits: shared(limits) })
  return {
    alpn: 'h2',
    preface: use === 'cleartext' ? PREFACE : undefined,
    take: (socket, peer) => server.take(socket, peer),
    drain: () => server.drain(),
  }
}

/** What HTTP/2 has in common with HTTP/1.1 is allowed alike; heads are measured otherwise there. */
function shared({ maxFields, maxTargetBytes, maxBodyBytes, ...times }: ListenerLimits) {
  const { headTimeoutMillis, requestTimeoutMillis, minBodyBytesPerSecond, bodyWindowMillis } = times
  const { keepAliveMillis, stallTimeoutMillis } = times
  return {
    maxFields,
    maxTargetBytes,
    maxBodyBytes,
    headTimeoutMillis,
    requestTimeoutMillis,
    minBodyBytesPerSecond,
    bodyWindowMillis,
    keepAliveMillis,
    stallTimeoutMillis,
  }
}
