import { forwarderLimits } from '@portcullis/gateway/forwarder'
import { listenerLimits } from '@portcullis/gateway/listener'
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
const client = forwarderLimits

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
}
