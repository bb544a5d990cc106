import type { Exchange } from '@portcullis/policy-kit/exchange'
import { passHints } from '../listener/early-hints.ts'
import { passTrailers } from '../listener/field.ts'
import type { Backend } from '../revision/load-revision.ts'
import { restrictOffer } from '../standing/handshake-fields.ts'
import type { OutgoingRequest } from './forwarder.ts'

/** A call as its operation's backend gets it. Takes the body, so to be made once. */
export function outgoingRequest(x: Exchange, backend: Backend, upstreamTarget: string): OutgoingRequest {
  const headers = x.outgoingHeaders()
  if (x.webSocket !== undefined) restrictOffer(headers, x.webSocket.compression)
  return {
    origin: backend.origin,
    method: x.request.method,
    target: x.outgoingTarget(upstreamTarget),
    headers,
    body: x.outgoingBody(),
    trailers: passTrailers(x.request.trailers, headers),
    acceptsTrailers: x.request.acceptsTrailers,
    signal: x.request.signal,
    upgrade: x.request.upgrade,
    inform: (status, fields) => passHints(x.request, status, fields),
    tls: backend.tls,
    credentials: x.credentials,
    protocol: backend.protocol,
    timeouts: x.timeouts,
    endsAt: x.timeouts?.wholeMillis && performance.now() + x.timeouts.wholeMillis,
  }
}
