/** Why something is no message that we take part in: the status for a request, and one word for counting and explaining. */
export interface Malformed {
  readonly status: 400 | 408 | 413 | 414 | 417 | 426 | 431 | 501 | 505
  readonly reason: Reason
}

export type Reason =
  | 'ambiguous-length' //    both Content-Length and Transfer-Encoding, or one of them twice (RFC 9112 §6.3)
  | 'bad-chunk' //           a chunk that is not exactly as RFC 9112 §7.1 writes it
  | 'bad-content-length' //  anything but digits (RFC 9110 §8.6)
  | 'bad-field' //           a field line that is not `name: value` in the characters allowed (RFC 9110 §5)
  | 'bad-host' //            none, several, or no host (RFC 9112 §3.2)
  | 'bad-line-ending' //     a bare CR or LF (RFC 9112 §2.2)
  | 'bad-request-line' //    not METHOD SP target SP HTTP/1.x (RFC 9112 §3)
  | 'bad-status-line' //     not HTTP/1.x SP status (RFC 9112 §4)
  | 'bad-target' //          a target in a form or with characters that we do not take (RFC 9112 §3.2)
  | 'folded-field' //        obs-fold (RFC 9112 §5.2)
  | 'head-too-large'
  | 'target-too-long'
  | 'too-many-fields'
  | 'bad-websocket' //     no opening handshake as RFC 6455 §4.2.1 has it
  | 'body-too-large'
  | 'slow-body' //           less than the least rate, or longer than a request may take
  | 'slow-head'
  | 'unknown-coding' //      a transfer coding other than chunked (RFC 9112 §6.1)
  | 'unknown-expectation' // an Expect other than 100-continue (RFC 9110 §10.1.1)
  | 'unknown-method'
  | 'unknown-upgrade' //     a protocol that we would have to switch to (RFC 9110 §7.8)
  | 'unknown-version'
  | 'unknown-websocket-version' // other than 13 (RFC 6455 §4.4)

export function malformed(status: Malformed['status'], reason: Reason): Malformed {
  return { status, reason }
}
