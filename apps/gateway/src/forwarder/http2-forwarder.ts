import { connectOther } from '@portcullis/http1/client/connect-other'
import type { UpstreamTls } from '@portcullis/http1/client/upstream-tls'
import type { ClientLimits } from '@portcullis/http2/client/client-limits'
import { openHttp2Client } from '@portcullis/http2/client/open-http2-client'
import { HeaderList } from '@portcullis/policy-kit/message/header-list'
import { isGrpc } from '../grpc/is-grpc.ts'
import { faultOfUpstream } from './fault-of-upstream.ts'
import { clientTimeouts, type Forwarder, type ForwarderLimits } from './forwarder.ts'

/** Opens a forwarder to backends that speak HTTP/2. */
export function openHttp2Forwarder(limits: ForwarderLimits): Forwarder {
  const client = openHttp2Client<UpstreamTls>(
    (origin, tls) => connectOther(origin, tls, 'h2'),
    limitsOf(limits),
  )
  return {
    async forward(outgoing) {
      const { origin, method, target, headers, body, trailers, signal, tls } = outgoing
      const host = origin.slice(origin.indexOf('//') + 2)
      const fields = headers.flat()
      const isStream = isGrpc(fields)
      const timeouts = clientTimeouts(outgoing)
      const request = { method, target, host, fields, body, trailers, signal, isStream, timeouts }
      try {
        const response = await client.request(origin, request, tls)
        return {
          status: response.status,
          headers: new HeaderList(response.fields as string[]),
          body: response.body,
          trailers: response.trailers,
        }
      } catch (thrown) {
        throw faultOfUpstream(thrown)
      }
    },
    counts: () => client.counts(),
    async close() {
      client.close()
    },
  }
}

/** The limits of HTTP/2: its own, and those that it shares with HTTP/1.1. */
function limitsOf(limits: ForwarderLimits): ClientLimits {
  const { connectTimeoutMillis, headTimeoutMillis, bodyIdleTimeoutMillis, eventStreamIdleTimeoutMillis } =
    limits
  const { maxConnectionsPerOrigin, maxWaitingPerOrigin, waitTimeoutMillis, maxHeadBytes, maxFields } = limits
  const { maxConnectionAgeMillis, maxInterimResponses } = limits
  return {
    ...limits.http2,
    maxSessionsPerOrigin: maxConnectionsPerOrigin,
    maxWaitingPerOrigin,
    waitTimeoutMillis,
    maxConnectionAgeMillis,
    connectTimeoutMillis,
    headTimeoutMillis,
    bodyIdleTimeoutMillis,
    eventStreamIdleTimeoutMillis,
    maxHeadBytes,
    maxFields,
    maxInterimResponses,
  }
}
