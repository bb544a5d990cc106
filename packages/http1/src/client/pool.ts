import { ClientError, type ClientReason } from './client-error.ts'
import type { ClientLimits } from './client-limits.ts'
import type { CoarseClock } from './coarse-clock.ts'
import { Connection, type ConnectionOwner } from './connection.ts'
import { type Origin, readOrigin } from './origin.ts'
import type { Holder, Transfer } from './transfer.ts'
import { TlsConnector, type UpstreamTls } from './upstream-tls.ts'

export interface PoolCounts {
  /** Connections, those that are still being made and those unused among them. */
  readonly open: number
  readonly connecting: number
  readonly idle: number
  /** Requests that wait for a connection. */
  readonly waiting: number
}

/**
 * The connections to one origin. The one used last is used next, so that those not needed grow old and go. Requests that
 * find none wait in line, each for whatever becomes free first.
 */
export class Pool implements ConnectionOwner, Holder {
  readonly #origin: Origin
  readonly #tls: TlsConnector | undefined
  readonly #limits: ClientLimits
  readonly #clock: CoarseClock
  readonly #all = new Set<Connection>()
  readonly #connecting = new Set<Connection>()
  readonly #idle: Connection[] = []
  #waiting = new Set<Transfer>()
  /** The tick from which on an empty pool is forgotten. */
  #forgetAt = 0
  #isClosed = false

  /** Throws for what is no origin, and for TLS settings that cannot be read. */
  constructor(origin: string, tls: UpstreamTls | undefined, limits: ClientLimits, clock: CoarseClock) {
    this.#origin = readOrigin(origin)
    this.#tls = this.#origin.isTls ? new TlsConnector(this.#origin, tls ?? {}) : undefined
    this.#limits = limits
    this.#clock = clock
  }

  send(transfer: Transfer): void {
    // Where one is idle, nobody waits: what becomes free goes to whoever does.
    const connection = this.#takeIdle()
    if (connection !== undefined) {
      connection.start(transfer)
      return
    }
    const { maxConnectionsPerOrigin, maxWaitingPerOrigin } = this.#limits
    const isFull = this.#all.size >= maxConnectionsPerOrigin
    if (isFull && this.#waiting.size - this.#connecting.size >= maxWaitingPerOrigin) {
      transfer.fail(new ClientError('too-many-waiting'))
      return
    }
    transfer.holder = this
    transfer.waitDeadline = this.#waitDeadline(transfer)
    this.#waiting.add(transfer)
    this.#connect()
  }

  giveUp(transfer: Transfer, error: ClientError): void {
    this.#waiting.delete(transfer)
    transfer.fail(error)
    this.#cancelSurplus()
  }

  // What connections tell.

  onFree(connection: Connection): void {
    if (this.#connecting.size > 0) this.#connecting.delete(connection)
    if (!connection.isUsable) {
      connection.close()
      return
    }
    const next = this.#shiftWaiting()
    if (next === undefined) this.#idle.push(connection)
    else connection.start(next)
  }

  onGone(connection: Connection, error: ClientError | undefined): void {
    if (!this.#all.delete(connection)) return
    const wasConnecting = this.#connecting.delete(connection)
    const at = this.#idle.lastIndexOf(connection)
    if (at >= 0) this.#idle.splice(at, 1)
    // Whoever waits longest learns of it, one request for each failure: the others get their own try.
    if (wasConnecting && error !== undefined) this.#shiftWaiting()?.fail(error)
    this.#connect()
  }

  onUnanswered(transfer: Transfer): void {
    // The one used last was stale, so the others are no better.
    for (const connection of [...this.#idle]) connection.close()
    transfer.isRetried = true
    transfer.holder = this
    transfer.waitDeadline = this.#waitDeadline(transfer)
    this.#waiting = new Set([transfer, ...this.#waiting])
    this.#connect()
  }

  // Time, and the end.

  /** Fails what has taken too long. */
  check(now: number): void {
    for (const connection of this.#all) connection.check(now)
    for (const transfer of this.#waiting) {
      const { waitDeadline, totalDeadline } = transfer
      if (totalDeadline !== 0 && now >= totalDeadline) this.giveUp(transfer, new ClientError('total-timeout'))
      else if (now >= waitDeadline) this.giveUp(transfer, new ClientError(this.#reasonOfWaiting(transfer)))
    }
    if (this.#all.size > 0 || this.#waiting.size > 0) {
      this.#forgetAt = this.#clock.after(this.#limits.maxKeepAliveMillis)
    }
  }

  /** Whether it has been empty for so long that its TLS sessions are not worth keeping. */
  get isForgotten(): boolean {
    return this.#all.size === 0 && this.#waiting.size === 0 && this.#clock.now >= this.#forgetAt
  }

  counts(): PoolCounts {
    return {
      open: this.#all.size,
      connecting: this.#connecting.size,
      idle: this.#idle.length,
      waiting: this.#waiting.size,
    }
  }

  close(): void {
    this.#isClosed = true
    for (const transfer of this.#waiting) this.giveUp(transfer, new ClientError('closed'))
    for (const connection of this.#all) connection.close()
  }

  #takeIdle(): Connection | undefined {
    for (;;) {
      const connection = this.#idle.pop()
      if (connection === undefined || connection.isUsable) return connection
      connection.close()
    }
  }

  #waitDeadline({ request }: Transfer): number {
    return this.#clock.after(request.timeouts?.connectMillis ?? this.#limits.waitTimeoutMillis)
  }

  /** It waited for the server where a connection is being made, and for the others where all are taken. */
  #reasonOfWaiting({ request }: Transfer): ClientReason {
    const isMade = this.#connecting.size > 0 && request.timeouts?.connectMillis !== undefined
    return isMade ? 'connect-timeout' : 'wait-timeout'
  }

  #shiftWaiting(): Transfer | undefined {
    for (const transfer of this.#waiting) {
      this.#waiting.delete(transfer)
      return transfer
    }
    return undefined
  }

  /** One connection is made for each request that waits, as many as are allowed. */
  #connect(): void {
    if (this.#isClosed) return
    while (
      this.#connecting.size < this.#waiting.size &&
      this.#all.size < this.#limits.maxConnectionsPerOrigin
    ) {
      const connection = new Connection(this.#origin, this.#tls, this.#limits, this.#clock, this)
      this.#all.add(connection)
      this.#connecting.add(connection)
    }
  }

  /** Nobody waits any more for a connection that is being made. */
  #cancelSurplus(): void {
    for (const connection of this.#connecting) {
      if (this.#connecting.size <= this.#waiting.size) return
      this.#connecting.delete(connection)
      connection.close()
    }
  }
}
