import { flowing } from '@portcullis/http1/body/iterable-body'
import type { Tunnel } from '@portcullis/kernel/tunnel'
import type { EndReason } from '@portcullis/model/decision/ending'
import type { Exchange } from '@portcullis/policy-kit/exchange'
import type { WebSocketTerms } from '@portcullis/policy-kit/standing/web-socket-terms'
import type { ForwardedReply } from '../forwarder/forwarder.ts'
import type { DoorReply } from '../listener/listener.ts'
import { isCompressed } from './handshake-fields.ts'
import { LongReply } from './long-reply.ts'
import { longReplyKind } from './long-reply-kind.ts'
import type { StandingCall, StandingEnd } from './standing-call.ts'
import type { StandingCalls } from './standing-calls.ts'
import { WebSocketRelay } from './web-socket-relay.ts'

/** Where calls go on standing, and who is told of their end. */
export interface Stand {
  readonly standing: StandingCalls
  /** Told once of each. */
  over(x: Exchange, call: StandingCall, end: StandingEnd): void
}

/** Keeps watch over a reply that goes on after its head; any other is given back as it is. */
export function letStand(stand: Stand, x: Exchange, reply: ForwardedReply): DoorReply {
  if (reply.tunnel !== undefined && x.webSocket !== undefined) {
    return relayed(stand, x, reply, reply.tunnel, x.webSocket)
  }
  if (reply.untouched !== undefined) return reply
  const { body } = reply
  if (body === undefined || body instanceof Uint8Array) return reply
  const kind = longReplyKind(reply.headers.get('content-type'), x.standing)
  if (kind === undefined) return reply
  const watched = watch(stand, x, (over) => new LongReply(kind, flowing(body), over))
  return { status: reply.status, headers: reply.headers, body: watched.body, trailers: reply.trailers }
}

/** A reply that has come to its end by itself so soon did not go on standing: its end needs no record of its own. */
const QUICK_MILLIS = 1_000
const usual: ReadonlySet<EndReason> = new Set(['closed-by-backend', 'caller-gone', 'backend-gone'])

function relayed(
  stand: Stand,
  x: Exchange,
  { status, headers }: ForwardedReply,
  backend: Tunnel,
  terms: WebSocketTerms,
): DoorReply {
  const { signal } = x.request
  // Until the caller's end is handed over, nobody else would let go of the backend's.
  const giveUp = () => backend.destroy()
  signal.addEventListener('abort', giveUp)
  return {
    status,
    headers,
    switchTo(caller) {
      signal.removeEventListener('abort', giveUp)
      const parts = { caller, backend, terms, isCompressed: isCompressed(headers) }
      watch(stand, x, (over) => new WebSocketRelay({ ...parts, over })).open()
    },
  }
}

function watch<Call extends StandingCall>(
  { standing, over }: Stand,
  x: Exchange,
  make: (over: (end: StandingEnd) => void) => Call,
): Call {
  const began = performance.now()
  const call = make((end) => {
    leave()
    const isQuick = performance.now() - began < QUICK_MILLIS
    if (call.kind === 'reply' && isQuick && usual.has(end.reason)) x.over()
    else over(x, call, end)
  })
  const leave = standing.add(x, call)
  return call
}
