/** Why there is no response, or no end of it: the words of `packages/http1` where they mean the same. */
export type ClientReason =
  | 'aborted' //            by the caller's signal
  | 'bad-request' //        the request cannot be written safely
  | 'bad-settings' //       the origin or its TLS settings cannot be read
  | 'body-timeout' //       nothing moved for too long
  | 'closed' //             the client was closed
  | 'closed-early' //       the stream or its connection ended before the response did
  | 'connect-failed'
  | 'connect-timeout'
  | 'head-timeout'
  | 'malformed' //          the response is none that we take part in
  | 'no-http2' //           the server negotiated something else
  | 'refused' //            the server did not begin with it, twice (RFC 9113 §8.7)
  | 'request-body-failed' // whoever makes the request's body broke off; the cause says why
  | 'too-many-waiting'
  | 'total-timeout'
  | 'untrusted' //          the server's certificate is not one we accept
  | 'wait-timeout' //       no stream became free in time

export class ClientError extends Error {
  override readonly name = 'ClientError'
  readonly reason: ClientReason

  constructor(reason: ClientReason, cause?: unknown) {
    const message = cause instanceof Error ? cause.message : ''
    super(message === '' ? reason : `${reason}: ${message}`, cause === undefined ? undefined : { cause })
    this.reason = reason
  }
}
