import type { EndReason, Traffic } from '@portcullis/model/decision/ending'

/** A call that goes on after it was decided and answered: a WebSocket, a stream of events or another reply that takes long. */
export interface StandingCall {
  readonly kind: 'websocket' | 'event-stream' | 'reply'
  /** Ends it as politely as its protocol knows how. Only the first reason counts. */
  end(reason: EndReason): void
  /** Acts on what has taken too long; `now` as `performance.now()` has it. */
  check(now: number): void
}

/** How it ended. */
export interface StandingEnd {
  readonly reason: EndReason
  /** Of the WebSocket (RFC 6455 §7.4), where one was said. */
  readonly closeCode?: number | undefined
  readonly fromCaller: Traffic
  readonly fromBackend: Traffic
}
