import { Crowd } from '@portcullis/kernel/crowd'
import type { Soon } from '@portcullis/kernel/later'
import type { Malformed } from '../head/malformed.ts'
import { LookClock } from '../look-clock.ts'
import type { Response, ServerRequest, TlsFacts } from '../message.ts'
import type { Connection } from './connection.ts'
import type { ServerLimits } from './server-limit.ts'

/** Who answers. */
export interface ServerHandler {
  /** Not to throw or reject; what does costs its call. */
  handle(request: ServerRequest): Soon<Response>
  /** The response to something that is no acceptable request; `method` where so much could be read. */
  refuse(malformed: Malformed, method: string | undefined): Response
  /** Whether messages go both ways on this call, so that it may be silent for longer than a body otherwise. */
  isStream(fields: readonly string[]): boolean
}

/** Who is told of what no caller can be told. */
export interface ServerObserver {
  /** `handle` or `refuse` threw or rejected, against their promise. */
  onHandlerFailed(cause: unknown): void
  /** A response was cut off in the middle because of whoever makes it. */
  onResponseCut(cause: Error, response: Response): void
}

/** What is the same for all requests of a connection. */
export interface Peer {
  readonly remoteAddress: string
  readonly tls: TlsFacts | undefined
}

/** Why something was refused, a call reset, or a connection closed. */
export type Refusal =
  | Malformed['reason']
  | 'breach' //              of the protocol, by which the connection ended
  | 'control-flood' //       frames that ask for answers, or bytes that are neither head nor content
  | 'silent-stream'
  | 'slow-reader' //         a reply was not taken
  | 'too-many-requests' //   of one connection: no offence, another is opened
  | 'too-many-resets'

/** Where a connection is with its requests: without any, with some, or without leave for more. */
export type ConnectionState = 'idle' | 'busy' | 'closing'

export interface ServerCounts {
  readonly connections: number
  readonly states: Readonly<Record<ConnectionState, number>>
  /** Requests under way. */
  readonly requests: number
  readonly accepted: number
  readonly handled: number
  readonly refused: Readonly<Partial<Record<Refusal, number>>>
}

/** What the connections of a server share, the time among it. */
export class ServerContext extends LookClock {
  readonly limits: ServerLimits
  readonly handler: ServerHandler
  readonly observer: ServerObserver
  readonly connections = new Crowd<Connection>()
  isDraining = false
  requests = 0
  accepted = 0
  handled = 0
  readonly #refused: Partial<Record<Refusal, number>> = {}

  constructor(limits: ServerLimits, handler: ServerHandler, observer: ServerObserver) {
    super(tickMillisFor(limits))
    this.limits = limits
    this.handler = handler
    this.observer = observer
  }

  /** Looks which deadlines are over. */
  sweep(): void {
    this.look()
    this.connections.each((connection) => connection.check(this.now))
  }

  count(refusal: Refusal): void {
    this.#refused[refusal] = (this.#refused[refusal] ?? 0) + 1
  }

  counts(): ServerCounts {
    const states = { idle: 0, busy: 0, closing: 0 }
    this.connections.each(({ state }) => {
      states[state]++
    })
    return {
      connections: this.connections.size,
      states,
      requests: this.requests,
      accepted: this.accepted,
      handled: this.handled,
      refused: { ...this.#refused },
    }
  }
}

function tickMillisFor(limits: ServerLimits): number {
  const shortest = Math.min(
    limits.headTimeoutMillis,
    limits.requestTimeoutMillis,
    limits.bodyWindowMillis,
    limits.streamIdleMillis,
    limits.keepAliveMillis,
    limits.stallTimeoutMillis,
  )
  return Math.min(500, Math.max(10, Math.floor(shortest / 8)))
}
