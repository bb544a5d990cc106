import { z } from '@portcullis/kernel/schema'

/** Why a standing call ended. */
export const endReason = z.enum([
  'closed-by-caller',
  'closed-by-backend',
  'caller-gone', //       the connection broke without a word
  'backend-gone',
  'token-expired',
  'token-revoked',
  'operation-gone', //    no longer in the revision in force
  'subscription-gone',
  'disconnected', //      by an operator
  'shutdown', //          of the gateway
  'idle', //              nothing was said for too long
  'too-old',
  'silent', //            one side does not answer pings
  'stalled', //           one side takes nothing
  'protocol-error',
  'too-large',
  'too-fast',
])
export type EndReason = z.infer<typeof endReason>

export const traffic = z.strictObject({
  /** Of a WebSocket. */
  frames: z.int().optional(),
  /** Of content, without what the protocol adds. */
  bytes: z.int(),
})
export type Traffic = z.infer<typeof traffic>

/** How a standing call ended: a WebSocket, a stream of events or another reply that took long. */
export const ending = z.strictObject({
  kind: z.enum(['websocket', 'event-stream', 'reply']),
  /** The decision that let it begin. */
  decision: z.string(),
  reason: endReason,
  /** Of a WebSocket (RFC 6455 §7.4), where one was said. */
  closeCode: z.int().optional(),
  fromCaller: traffic,
  fromBackend: traffic,
  millis: z.int(),
})
export type DecisionEnding = z.infer<typeof ending>

/** The record of a standing call's end has an id that follows from the one of its beginning. */
export function endRecordId(decisionId: string): string {
  return `${decisionId}.end`
}
