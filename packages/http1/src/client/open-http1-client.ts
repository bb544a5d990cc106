import type { Taker } from '@portcullis/kernel/later'
import type { ClientRequest, Response } from '../message.ts'
import { ClientError } from './client-error.ts'
import { type ClientLimits, clientLimits } from './client-limits.ts'
import { CoarseClock, tickMillisFor } from './coarse-clock.ts'
import { Pool, type PoolCounts } from './pool.ts'
import { Transfer } from './transfer.ts'
import type { UpstreamTls } from './upstream-tls.ts'

/**
 * Sends requests over connections that it keeps, one request at a time on each.
 *
 * The response comes when its head is complete, with the body in one piece where that came along; otherwise it streams
 * and must be read or given up: until then it occupies its connection. A body that breaks off fails and never looks
 * complete. Nothing is followed, decoded or passed through that belongs to one connection.
 */
export interface Http1Client {
  /**
   * To `http://host:port` or `https://host:port`. Connections are shared by requests that are given the same `tls`
   * object. Rejects with a ClientError. A request body of which nothing was taken is left alone.
   */
  request(origin: string, request: ClientRequest, tls?: UpstreamTls): Promise<Response>
  /** The same for somebody who is told, within the call where it fails at once. Throws nothing. */
  send(origin: string, request: ClientRequest, taker: Taker<Response>, tls?: UpstreamTls): void
  counts(): PoolCounts
  /** Gives up all that is under way. */
  close(): void
}

export function openHttp1Client(limits: Partial<ClientLimits> = {}): Http1Client {
  const all = { ...clientLimits, ...limits }
  const pools = new Map<UpstreamTls | undefined, Map<string, Pool>>()
  const clock = new CoarseClock(tickMillisFor(timesOf(all)), tick)
  let isClosed = false

  function poolOf(origin: string, tls: UpstreamTls | undefined): Pool {
    const known = pools.get(tls)?.get(origin)
    if (known !== undefined) return known
    const pool = openPool(origin, tls)
    const siblings = pools.get(tls) ?? new Map<string, Pool>()
    pools.set(tls, siblings.set(origin, pool))
    clock.start()
    return pool
  }

  function openPool(origin: string, tls: UpstreamTls | undefined): Pool {
    try {
      return new Pool(origin, tls, all, clock)
    } catch (cause) {
      throw new ClientError('bad-settings', { cause })
    }
  }

  function tick(): void {
    for (const [tls, siblings] of pools) {
      for (const [origin, pool] of siblings) {
        pool.check(clock.now)
        if (pool.isForgotten) siblings.delete(origin)
      }
      if (siblings.size === 0) pools.delete(tls)
    }
    if (pools.size === 0) clock.stop()
  }

  function send(origin: string, request: ClientRequest, taker: Taker<Response>, tls?: UpstreamTls): void {
    try {
      if (isClosed) throw new ClientError('closed')
      if (request.signal?.aborted) throw new ClientError('aborted')
      const totalTimeoutMillis = request.timeouts?.totalMillis ?? all.totalTimeoutMillis
      const pool = poolOf(origin, tls)
      const deadline = totalTimeoutMillis === undefined ? 0 : clock.after(totalTimeoutMillis)
      pool.send(new Transfer(request, deadline, taker))
    } catch (thrown) {
      taker.fail(thrown)
    }
  }

  return {
    request: (origin, request, tls) =>
      new Promise((take, fail) => send(origin, request, { take, fail }, tls)),
    send,
    counts: () => sum([...pools.values()].flatMap((each) => [...each.values()].map((pool) => pool.counts()))),
    close() {
      isClosed = true
      clock.stop()
      for (const siblings of pools.values()) for (const pool of siblings.values()) pool.close()
      pools.clear()
    },
  }
}

function timesOf(limits: ClientLimits): number[] {
  return [
    limits.waitTimeoutMillis,
    limits.connectTimeoutMillis,
    limits.headTimeoutMillis,
    limits.bodyIdleTimeoutMillis,
    limits.eventStreamIdleTimeoutMillis,
    limits.totalTimeoutMillis ?? Number.POSITIVE_INFINITY,
    limits.keepAliveMillis,
    limits.maxConnectionAgeMillis,
  ]
}

function sum(counts: readonly PoolCounts[]): PoolCounts {
  const total = { open: 0, connecting: 0, idle: 0, waiting: 0 }
  for (const each of counts) {
    total.open += each.open
    total.connecting += each.connecting
    total.idle += each.idle
    total.waiting += each.waiting
  }
  return total
}
