import type { OtherProtocol } from '@portcullis/http1/server/other-protocol'
import { type Http2ServerOptions, openHttp2Server } from '@portcullis/http2/server/open-http2-server'
import type { ServerCounts } from '@portcullis/http2/server/server-context'
import type { ServerLimits as Http2ServerLimits } from '@portcullis/http2/server/server-limit'
import { isGrpc } from '../grpc/is-grpc.ts'
import { type Http2Use, type ListenerLimits, sharedLimits } from './listener.ts'

/** With what every connection of HTTP/2 begins (RFC 9113 §3.4). */
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1')

export interface Http2Beside extends OtherProtocol {
  counts(): ServerCounts
}

/** HTTP/2 beside HTTP/1.1, for whoever stands behind both. Undefined where it is not to be spoken. */
export function openHttp2Beside(
  { handle, refuse, observer }: Pick<Http2ServerOptions, 'handle' | 'refuse' | 'observer'>,
  use: Http2Use,
  limits: ListenerLimits,
): Http2Beside | undefined {
  if (use === 'off') return undefined
  const server = openHttp2Server({ handle, refuse, observer, isStream: isGrpc, limits: limitsOf(limits) })
  return {
    alpn: 'h2',
    preface: use === 'cleartext' ? PREFACE : undefined,
    take: (socket, peer) => server.take(socket, peer),
    drain: () => server.drain(),
    counts: () => server.counts(),
  }
}

/** The limits of HTTP/2: its own, and those that it shares with HTTP/1.1. */
function limitsOf(limits: ListenerLimits): Http2ServerLimits {
  const shared = Object.fromEntries(sharedLimits.map((each) => [each, limits[each]]))
  return { ...limits.http2, ...(shared as Pick<ListenerLimits, (typeof sharedLimits)[number]>) }
}
