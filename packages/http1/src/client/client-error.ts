import type { Malformed } from '../head/malformed.ts'

/** Why there is no response, or no end of it. */
export type ClientReason =
  | 'aborted' //            by the caller's signal
  | 'bad-request' //        the request cannot be written safely
  | 'bad-upgrade' //        101 without the proof that WebSocket is meant (RFC 6455 §4.1)
  | 'bad-settings' //       the origin or its TLS settings cannot be read
  | 'body-timeout' //       nothing moved for too long
  | 'closed' //             the client was closed
  | 'closed-early' //       the connection ended before the response did (RFC 9112 §8)
  | 'connect-failed'
  | 'connect-timeout'
  | 'head-timeout'
  | 'malformed' //          the response is none that we take part in
  | 'request-body-failed' // whoever makes the request's body broke off; the cause says why
  | 'response-too-large'
  | 'too-many-waiting'
  | 'total-timeout'
  | 'unasked-upgrade' //    101 without an Upgrade of ours (RFC 9110 §15.2.2)
  | 'untrusted' //          the server's certificate is not one we accept
  | 'wait-timeout' //       no connection became free in time

export class ClientError extends Error {
  override readonly name = 'ClientError'
  readonly reason: ClientReason
  /** What is wrong with the response. */
  readonly malformed: Malformed['reason'] | undefined

  constructor(
    reason: ClientReason,
    detail: { readonly message?: string; readonly cause?: unknown; readonly malformed?: Malformed } = {},
  ) {
    const { message = detail.malformed?.reason ?? messageOf(detail.cause), cause } = detail
    super(message === '' ? reason : `${reason}: ${message}`, cause === undefined ? undefined : { cause })
    this.reason = reason
    this.malformed = detail.malformed?.reason
  }
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : ''
}
