import type { EndReason } from '@portcullis/model/decision/ending'

/** What is said to both sides of a WebSocket that the gateway closes (RFC 6455 §7.4.1, IANA's registry for 1012). */
const words: Readonly<Partial<Record<EndReason, readonly [code: number, reason: string]>>> = {
  'token-expired': [1008, 'token expired'],
  'token-revoked': [1008, 'token revoked'],
  'operation-gone': [1001, 'the operation is no longer served'],
  'subscription-gone': [1008, 'no longer subscribed'],
  disconnected: [1008, 'disconnected by an operator'],
  shutdown: [1012, 'the gateway restarts'],
  idle: [1001, 'idle for too long'],
  'too-old': [1001, 'open for too long'],
  silent: [1001, 'no answer to ping'],
  'protocol-error': [1002, 'protocol error'],
  'too-large': [1009, 'too large'],
  'too-fast': [1008, 'too many frames'],
}

export function closeWord(reason: EndReason): readonly [code: number, reason: string] {
  return words[reason] ?? [1001, reason]
}
