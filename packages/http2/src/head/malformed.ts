/** Why something is no request that we take part in: the status that says so, and one word for counting and explaining. */
export interface Malformed {
  readonly status: 400 | 408 | 413 | 414 | 417 | 426 | 431 | 501
  readonly reason: Reason
}

export type Reason =
  | 'ambiguous-length' //    Content-Length twice, or another than the content has (RFC 9113 §8.1.1)
  | 'bad-content-length' //  anything but digits (RFC 9110 §8.6)
  | 'bad-field' //           a name that is no lower-case token, or a value with other characters than allowed (RFC 9113 §8.2.1)
  | 'bad-host' //            no authority, several that differ, or none that is a host (RFC 9113 §8.3.1)
  | 'bad-pseudo-field' //    missing, twice, unknown, or behind other fields (RFC 9113 §8.3)
  | 'bad-target' //          a path in a form or with characters that we do not take
  | 'bad-trailer' //         a trailer that frames or routes (RFC 9110 §6.5.1)
  | 'bad-websocket' //       an extended CONNECT that is no offer of WebSocket (RFC 8441 §5, RFC 6455 §4.2.1)
  | 'body-too-large'
  | 'connection-field' //    a field that speaks of a connection, which HTTP/2 has no place for (RFC 9113 §8.2.2)
  | 'head-too-large'
  | 'slow-body' //           less than the least rate, or longer than a request may take
  | 'target-too-long'
  | 'too-many-fields'
  | 'unknown-expectation' // an Expect other than 100-continue (RFC 9110 §10.1.1)
  | 'unknown-method'
  | 'unknown-upgrade' //     an extended CONNECT for anything but WebSocket
  | 'unknown-websocket-version'

export function malformed(status: Malformed['status'], reason: Reason): Malformed {
  return { status, reason }
}
