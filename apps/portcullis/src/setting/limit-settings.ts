import { forwarderLimits } from '@portcullis/gateway/forwarder/forwarder'
import { listenerLimits } from '@portcullis/gateway/listener/listener'
import type { Duration } from '@portcullis/kernel/duration'
import * as parse from './parse.ts'
import type { Setting } from './setting.ts'

const number = (meaning: string, byDefault: number, danger?: string): Setting<number> => ({
  meaning,
  default: String(byDefault),
  parse: parse.count,
  ...(danger !== undefined && { danger }),
})

const time = (meaning: string, byDefaultMillis: number, danger?: string): Setting<Duration> => ({
  meaning,
  default: byDefaultMillis % 1_000 === 0 ? `${byDefaultMillis / 1_000}s` : `${byDefaultMillis}ms`,
  parse: parse.duration,
  ...(danger !== undefined && { danger }),
})

const maxBodyBytes: Setting<number | undefined> = {
  meaning: 'Body of a call, or `none` for any: bodies stream and take no memory. Above: 413.',
  default: 'none',
  parse: parse.countOrNone,
}

const server = listenerLimits
const http2Server = listenerLimits.http2
const client = forwarderLimits
const http2Client = forwarderLimits.http2

/** What callers and backends may cost the gateway: every limit of its HTTP engine, by the name that it has there. */
export const limitSettings = {
  gatewayMaxHeadBytes: number('Request line and fields of a call. Above: 431.', server.maxHeadBytes),
  gatewayMaxFields: number('Header fields of a call. Above: 431.', server.maxFields),
  gatewayMaxTargetBytes: number('Path and query of a call. Above: 414.', server.maxTargetBytes),
  gatewayMaxBodyBytes: maxBodyBytes,
  gatewayMaxTrailerBytes: number('Trailer fields of a chunked call. Above: 400.', server.maxTrailerBytes),
  gatewayHeadTimeout: time(
    'From the opening of a connection, or the first byte of a later call, to the end of the head; also for the TLS handshake. Over: 408, or closed where nothing came.',
    server.headTimeoutMillis,
  ),
  gatewayRequestTimeout: time(
    'From the end of the head to the end of the body. Over: 408.',
    server.requestTimeoutMillis,
  ),
  gatewayMinBodyBytesPerSecond: number(
    'What must come of a body while the gateway is ready for it. Below: 408.',
    server.minBodyBytesPerSecond,
  ),
  gatewayBodyWindow: time('Over what time that is judged.', server.bodyWindowMillis),
  gatewayKeepAlive: time(
    'How long a connection of a caller stays open between two calls.',
    server.keepAliveMillis,
    'Behind a load balancer it must be longer than that one keeps its own, or calls meet connections that close.',
  ),
  gatewayStallTimeout: time(
    'How long a caller may take nothing of a reply. Over: cut off.',
    server.stallTimeoutMillis,
  ),
  gatewayMaxWaitingBytes: number(
    'What may wait for a caller who reads slowly, before the backend is asked to pause.',
    server.maxWaitingBytes,
  ),
  gatewayMaxAheadBytes: number(
    'What may come ahead of its turn on a connection, while a call is under way.',
    server.maxAheadBytes,
  ),
  gatewayMaxDiscardBytes: number(
    'The rest of a body that nobody read is dropped, up to here, so that its connection can be used again.',
    server.maxDiscardBytes,
  ),
  gatewayLinger: time(
    'How long is still read and dropped after a last reply, so that it is not lost.',
    server.lingerMillis,
  ),
  gatewayMaxLingerBytes: number('How much is read and dropped then.', server.maxLingerBytes),
  gatewayMaxConnections: number('Connections in each thread. Above: closed at once.', server.maxConnections),
  gatewayMaxConnectionsPerAddress: number(
    'Of these, from one address other than trusted proxies. Above: closed at once.',
    server.maxConnectionsPerAddress,
  ),
  gatewayHttp2MaxHeadBytes: number(
    'Over HTTP/2, names and values of a call’s fields, and 32 bytes for each. Above: 431.',
    http2Server.maxHeadBytes,
  ),
  gatewayHttp2StreamIdle: time(
    'How long a call that streams messages both ways (gRPC) may be silent. Over: reset.',
    http2Server.streamIdleMillis,
  ),
  gatewayHttp2MaxStreams: number(
    'Calls under way on a connection of HTTP/2. More are refused and may be sent again.',
    http2Server.maxStreams,
  ),
  gatewayHttp2MaxRequestsPerConnection: number(
    'Calls of a connection of HTTP/2 altogether; then the client is asked to open another.',
    http2Server.maxRequestsPerConnection,
  ),
  gatewayHttp2WindowBytes: number(
    'What a caller may send of a body over HTTP/2 before it is read, for each call.',
    http2Server.windowBytes,
  ),
  gatewayHttp2MaxSessionMegabytes: number(
    'What a connection of HTTP/2 may hold of memory, in megabytes: more calls are refused while it holds as much.',
    http2Server.maxSessionMegabytes,
  ),
  gatewayHttp2MaxResets: number(
    'Calls that a client takes back, at once (CVE-2023-44487, CVE-2025-8671). Above: the connection is closed.',
    http2Server.maxResets,
  ),
  gatewayHttp2ResetsPerSecond: number('The same, with every second.', http2Server.resetsPerSecond),
  gatewayHttp2MaxControlFrames: number(
    'PING and SETTINGS frames of a connection, at once. Above: closed.',
    http2Server.maxControlFrames,
  ),
  gatewayHttp2ControlFramesPerSecond: number(
    'The same, with every second.',
    http2Server.controlFramesPerSecond,
  ),
  gatewayHttp2MaxOverheadBytes: number(
    'Bytes of a connection that are neither head nor content, at once: floods of small or useless frames. Above: closed.',
    http2Server.maxOverheadBytes,
  ),
  gatewayHttp2OverheadBytesPerSecond: number(
    'The same, with every second.',
    http2Server.overheadBytesPerSecond,
  ),
  gatewayHttp2MaxInvalidFrames: number(
    'Invalid or empty frames of a connection. Above: closed.',
    http2Server.maxInvalidFrames,
  ),
  upstreamConnectTimeout: time(
    'To look up a backend, connect and, with TLS, shake hands. Over: 504.',
    client.connectTimeoutMillis,
  ),
  upstreamHeadTimeout: time(
    'From the end of a call to the complete head of the backend’s reply. Over: 504.',
    client.headTimeoutMillis,
  ),
  upstreamBodyIdleTimeout: time(
    'Between two pieces of a reply’s body. Over: cut off.',
    client.bodyIdleTimeoutMillis,
  ),
  upstreamEventStreamIdleTimeout: time(
    'The same for a stream of events (`text/event-stream`), which may rightly be quiet for longer. Over: cut off.',
    client.eventStreamIdleTimeoutMillis,
  ),
  upstreamMaxConnections: number(
    'Connections to one backend (scheme, host and port) in each thread.',
    client.maxConnectionsPerOrigin,
  ),
  upstreamMaxWaiting: number(
    'Calls that may wait for one of these in each thread. One more: 503.',
    client.maxWaitingPerOrigin,
  ),
  upstreamWaitTimeout: time('How long a call waits for one. Over: 503.', client.waitTimeoutMillis),
  upstreamKeepAlive: time(
    'How long a connection stays open unused when the backend does not say for how long it keeps it (`Keep-Alive: timeout=`). Keep it below the backend’s own time.',
    client.keepAliveMillis,
    'Longer than the backend’s own, a call may meet a connection that closes: POST then fails with 502, since it may have been carried out.',
  ),
  upstreamMaxHeadBytes: number(
    'Status line and fields of a backend’s reply. Above: 502.',
    client.maxHeadBytes,
  ),
  upstreamMaxFields: number('Fields of a backend’s reply. Above: 502.', client.maxFields),
  upstreamMaxTrailerBytes: number(
    'Fields behind a chunked body of a backend. Above: cut off.',
    client.maxTrailerBytes,
  ),
  upstreamMaxInterimResponses: number(
    'Interim replies (1xx) of a backend before the final one. Above: 502.',
    client.maxInterimResponses,
  ),
  upstreamMaxKeepAlive: time(
    'The longest that a backend’s own word on how long it keeps a connection is followed.',
    client.maxKeepAliveMillis,
  ),
  upstreamMaxConnectionAge: time(
    'A connection that is older is not used again: the backend’s name is looked up anew for the next.',
    client.maxConnectionAgeMillis,
  ),
  upstreamHttp2MaxStreams: number(
    'Calls at once on a connection to a backend that speaks HTTP/2, if it allows as many.',
    http2Client.maxStreamsPerSession,
  ),
  upstreamHttp2StreamIdle: time(
    'How long a call that streams messages both ways (gRPC) may be silent. Over: 504, or cut off.',
    http2Client.streamIdleMillis,
  ),
  upstreamHttp2KeepAlive: time(
    'How long a connection to a backend that speaks HTTP/2 stays open unused.',
    http2Client.keepAliveMillis,
  ),
  upstreamHttp2Ping: time(
    'How often such a backend is asked whether it is there, while calls are under way.',
    http2Client.pingMillis,
  ),
  upstreamHttp2PingTimeout: time(
    'How long it may take to answer. Over: the connection is given up.',
    http2Client.pingTimeoutMillis,
  ),
  upstreamHttp2WindowBytes: number(
    'What may come of a reply over HTTP/2 before it is read.',
    http2Client.windowBytes,
  ),
}
