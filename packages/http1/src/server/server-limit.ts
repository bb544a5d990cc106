/**
 * What one server takes on. The defaults hold off clients that are slow on purpose and let those pass that are slow by
 * nature. Times are kept by a sweep over all connections: late by up to a quarter of the shortest of them, never early.
 */
export interface ServerLimits {
  /** Request line and fields, with the empty line. Above: 431. */
  readonly maxHeadBytes: number
  /** Above: 431. */
  readonly maxFields: number
  /** Above: 414. */
  readonly maxTargetBytes: number
  /** Content of a request; `undefined` for any. Above: 413. */
  readonly maxBodyBytes: number | undefined
  /** Fields behind a chunked request. Above: 400. */
  readonly maxTrailerBytes: number
  /** From the opening of a connection, or the first byte of a later request, to the end of the head; also for the TLS handshake. Over: 408, or closed where nothing came. */
  readonly headTimeoutMillis: number
  /** From the end of the head to the end of the body. Over: 408. */
  readonly requestTimeoutMillis: number
  /** What must come of a body in every window in which we were ready for it. Below: 408. */
  readonly minBodyBytesPerSecond: number
  readonly bodyWindowMillis: number
  /** Between two requests of a connection. Over: closed. */
  readonly keepAliveMillis: number
  /** How long nothing of a reply may be taken. Over: cut off. */
  readonly stallTimeoutMillis: number
  /** What may wait for a slow reader before whoever makes the reply is asked to pause. */
  readonly maxWaitingBytes: number
  /** What may come ahead of its turn, while a request is under way, before reading pauses. */
  readonly maxAheadBytes: number
  /** The rest of a body that nobody read is dropped, up to here, so that its connection can be used again. */
  readonly maxDiscardBytes: number
  /** After a last reply, how long and how much is still read and dropped, so that the reply is not lost (RFC 9112 §9.6). */
  readonly lingerMillis: number
  readonly maxLingerBytes: number
  /** Above: closed as soon as they open. */
  readonly maxConnections: number
  readonly maxConnectionsPerAddress: number
}

export const serverLimits: ServerLimits = {
  maxHeadBytes: 16_384,
  maxFields: 100,
  maxTargetBytes: 8_192,
  maxBodyBytes: undefined,
  maxTrailerBytes: 4_096,
  headTimeoutMillis: 15_000,
  requestTimeoutMillis: 300_000,
  minBodyBytesPerSecond: 256,
  bodyWindowMillis: 10_000,
  keepAliveMillis: 65_000,
  stallTimeoutMillis: 30_000,
  maxWaitingBytes: 65_536,
  maxAheadBytes: 16_384,
  maxDiscardBytes: 65_536,
  lingerMillis: 2_000,
  maxLingerBytes: 16_777_216,
  maxConnections: 16_384,
  maxConnectionsPerAddress: 4_096,
}
