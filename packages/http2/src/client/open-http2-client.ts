import type { Socket } from 'node:net'
import { LookClock } from '../look-clock.ts'
import type { ClientRequest, Response } from '../message.ts'
import { ClientError } from './client-error.ts'
import { type ClientLimits, clientLimits } from './client-limits.ts'
import { Pool, type PoolCounts } from './pool.ts'

/**
 * Sends requests over connections that it keeps, many at once on each. The response comes when its head is complete; its
 * body streams and must be read or given up. What a server did not begin with is sent again once, where that is possible.
 */
export interface Http2Client<Tls extends object> {
  /** To `http://host:port`, without being asked for (RFC 9113 §3.3), or `https://host:port`. Rejects with a ClientError. */
  request(origin: string, request: ClientRequest, tls?: Tls): Promise<Response>
  counts(): PoolCounts
  /** Gives up all that is under way. */
  close(): void
}

/** `connect` opens a socket and, for https, asks for `h2` in the handshake; throws for what cannot be read. */
export function openHttp2Client<Tls extends object>(
  connect: (origin: string, tls: Tls | undefined) => Socket,
  limits: Partial<ClientLimits> = {},
): Http2Client<Tls> {
  const all = { ...clientLimits, ...limits }
  const pools = new Map<Tls | undefined, Map<string, Pool>>()
  const clock = new LookClock(tickMillisFor(all))
  let sweeping: NodeJS.Timeout | undefined
  let isClosed = false

  function poolOf(origin: string, tls: Tls | undefined): Pool {
    const siblings = pools.get(tls) ?? new Map<string, Pool>()
    const pool = siblings.get(origin) ?? new Pool(origin, () => connected(origin, tls), all, clock)
    pools.set(tls, siblings.set(origin, pool))
    sweeping ??= setInterval(sweep, clock.tickMillis).unref()
    return pool
  }

  function connected(origin: string, tls: Tls | undefined): Socket {
    try {
      return connect(origin, tls)
    } catch (cause) {
      throw new ClientError('bad-settings', cause)
    }
  }

  function sweep(): void {
    clock.look()
    for (const [tls, siblings] of pools) {
      for (const [origin, pool] of siblings) {
        pool.check(clock.now)
        if (pool.isUnused) siblings.delete(origin)
      }
      if (siblings.size === 0) pools.delete(tls)
    }
    if (pools.size > 0) return
    clearInterval(sweeping)
    sweeping = undefined
  }

  return {
    async request(origin, request, tls) {
      if (isClosed) throw new ClientError('closed')
      if (request.signal?.aborted) throw new ClientError('aborted')
      return poolOf(origin, tls).send(request)
    },
    counts() {
      const counts = [...pools.values()].flatMap((each) => [...each.values()].map((pool) => pool.counts()))
      const sum = (key: keyof PoolCounts) => counts.reduce((total, each) => total + each[key], 0)
      return {
        open: sum('open'),
        connecting: sum('connecting'),
        idle: sum('idle'),
        leaving: sum('leaving'),
        underWay: sum('underWay'),
        waiting: sum('waiting'),
      }
    },
    close() {
      isClosed = true
      clearInterval(sweeping)
      for (const siblings of pools.values()) for (const pool of siblings.values()) pool.close()
      pools.clear()
    },
  }
}

function tickMillisFor(limits: ClientLimits): number {
  const times = [
    limits.waitTimeoutMillis,
    limits.connectTimeoutMillis,
    limits.headTimeoutMillis,
    limits.bodyIdleTimeoutMillis,
    limits.eventStreamIdleTimeoutMillis,
    limits.streamIdleMillis,
    limits.keepAliveMillis,
    limits.pingMillis,
    limits.pingTimeoutMillis,
  ]
  return Math.min(250, Math.max(5, Math.floor(Math.min(...times) / 5)))
}
