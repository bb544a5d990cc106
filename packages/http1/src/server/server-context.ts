import { Crowd } from '@portcullis/kernel/crowd'
import type { Soon } from '@portcullis/kernel/later'
import type { Malformed } from '../head/malformed.ts'
import type { Response, ServerRequest } from '../message.ts'
import type { Connection } from './connection.ts'
import type { ConnectionState } from './phase.ts'
import type { ServerLimits } from './server-limit.ts'

/** Who answers. */
export interface ServerHandler {
  /** Not to throw or reject; what does costs its connection. */
  handle(request: ServerRequest): Soon<Response>
  /** The response to something that is no acceptable request; `method` where so much could be read. */
  refuse(malformed: Malformed, method: string | undefined): Response
}

/** Who is told of what no caller can be told. */
export interface ServerObserver {
  /** `handle` or `refuse` threw or rejected, against their promise. */
  onHandlerFailed(cause: unknown): void
  /** A response was cut off in the middle because of whoever makes it. */
  onResponseCut(cause: Error, response: Response): void
}

/** Why something was refused, or a connection closed, by a limit. */
export type Refusal =
  | Malformed['reason']
  | 'connection-limit' //  closed at once: too many, of all or of one address
  | 'slow-reader' //       a reply was not taken
  | 'tls-handshake'
  | 'proxy-header' //      missing, malformed, late, or from somebody who is no proxy

export interface ServerCounts {
  /** Connections that are open, lingering ones included. */
  readonly connections: number
  readonly states: Readonly<Record<ConnectionState, number>>
  /** Addresses from which they come. */
  readonly addresses: number
  /** Requests under way: handed over and not yet answered in full. */
  readonly requests: number
  /** Connections ever taken, requests ever handed over, and what was refused ever. */
  readonly accepted: number
  readonly handled: number
  readonly refused: Readonly<Partial<Record<Refusal, number>>>
}

/** A deadline that does not come. */
export const NEVER = Number.POSITIVE_INFINITY

/** What the connections of a server share. */
export class ServerContext {
  readonly limits: ServerLimits
  readonly handler: ServerHandler
  readonly observer: ServerObserver
  readonly connections = new Crowd<Connection>()
  /** Between two looks at all connections. */
  readonly tickMillis: number
  /**
   * What deadlines are compared with: milliseconds that go by in looks. So whatever holds up this process is not held
   * against peers, whom it could not hear meanwhile.
   */
  now = 0
  isClosing = false
  requests = 0
  accepted = 0
  handled = 0
  readonly #refused: Partial<Record<Refusal, number>> = {}
  readonly #addresses = new Map<string, number>()

  constructor(limits: ServerLimits, handler: ServerHandler, observer: ServerObserver) {
    this.limits = limits
    this.handler = handler
    this.observer = observer
    const {
      headTimeoutMillis,
      keepAliveMillis,
      lingerMillis,
      requestTimeoutMillis,
      bodyWindowMillis,
      stallTimeoutMillis,
    } = limits
    const shortest = Math.min(
      headTimeoutMillis,
      keepAliveMillis,
      lingerMillis,
      requestTimeoutMillis,
      bodyWindowMillis,
      stallTimeoutMillis,
    )
    this.tickMillis = Math.min(500, Math.max(10, Math.floor(shortest / 8)))
  }

  /** The time in that many milliseconds, of which none is lost to the age of `now`. */
  after(millis: number): number {
    return this.now + this.tickMillis + millis
  }

  /** Looks which deadlines are over. */
  sweep(): void {
    this.now += this.tickMillis
    this.connections.each((connection) => connection.check(this.now))
  }

  count(refusal: Refusal): void {
    this.#refused[refusal] = (this.#refused[refusal] ?? 0) + 1
  }

  /** Whether one more connection may come from there; it is then counted until it leaves. */
  admit(address: string): boolean {
    const open = this.#addresses.get(address) ?? 0
    if (open >= this.limits.maxConnectionsPerAddress) return false
    this.#addresses.set(address, open + 1)
    return true
  }

  dismiss(address: string): void {
    const open = this.#addresses.get(address) ?? 0
    if (open <= 1) this.#addresses.delete(address)
    else this.#addresses.set(address, open - 1)
  }

  counts(): ServerCounts {
    const states = { idle: 0, reading: 0, busy: 0, closing: 0 }
    this.connections.each(({ state }) => {
      states[state]++
    })
    return {
      connections: this.connections.size,
      states,
      addresses: this.#addresses.size,
      requests: this.requests,
      accepted: this.accepted,
      handled: this.handled,
      refused: { ...this.#refused },
    }
  }
}
