import type { PoolCounts } from '@portcullis/http1/client/pool'
import type { Log } from '@portcullis/ports/log/port'
import type { Forwarder, ForwarderLimits } from '../forwarder/forwarder.ts'
import { openHttp1Forwarder } from '../forwarder/http1-forwarder.ts'
import { lateForwarder } from '../forwarder/late-forwarder.ts'
import { grpcDoor } from '../grpc/grpc-door.ts'
import { asGrpcRequest, asGrpcWebReply, readGrpcWeb } from '../grpc/grpc-web.ts'
import { soapDoor } from '../soap/soap-door.ts'
import { openHttp1Listener } from './http1-listener.ts'
import type { Address, Door, Listener, ListenerLimits } from './listener.ts'

/** The one place that says which engines take requests and carry them on. */

/** Rejects when the address can't be had. */
export function openListener(
  address: Address,
  door: Door,
  log: Log,
  limits: ListenerLimits,
): Promise<Listener> {
  return openHttp1Listener(address, grpcDoor(soapDoor(door)), log, limits)
}

export function openForwarder(limits: ForwarderLimits): Forwarder {
  const http1 = openHttp1Forwarder(limits)
  // Most gateways have no backend that speaks it, and threads are kept small.
  const http2 = lateForwarder(async () => {
    const { openHttp2Forwarder } = await import('../forwarder/http2-forwarder.ts')
    return openHttp2Forwarder(limits)
  })
  return {
    forward(request) {
      if (request.protocol !== 'http2') return http1.forward(request)
      const web = readGrpcWeb(request.headers)
      if (web === undefined) return http2.forward(request)
      return http2
        .forward(asGrpcRequest(request, web))
        .then((reply) => asGrpcWebReply(reply, web, request.signal))
    },
    counts: () => added(http1.counts(), http2.counts()),
    async close() {
      await Promise.all([http1.close(), http2.close()])
    },
  }
}

function added(one: PoolCounts, other: PoolCounts): PoolCounts {
  return {
    open: one.open + other.open,
    connecting: one.connecting + other.connecting,
    idle: one.idle + other.idle,
    waiting: one.waiting + other.waiting,
  }
}
