/**
 * What callers may cost us. Beside what a request may cost as such, there is what can be done to a connection of HTTP/2
 * without ever making one. Times are kept by a sweep over all connections: late by up to a quarter of the shortest of
 * them, never early.
 */
export interface ServerLimits {
  /** Names and values of a head, and 32 bytes for each field (RFC 9113 §6.5.2). Above: 431; above twice of it: reset. */
  readonly maxHeadBytes: number
  /** Above: 431; above twice of it: reset. */
  readonly maxFields: number
  /** Above: 414. */
  readonly maxTargetBytes: number
  /** Content of a request; `undefined` for any. Above: 413. */
  readonly maxBodyBytes: number | undefined
  /** From the opening of a connection to its first request. Over: closed. */
  readonly headTimeoutMillis: number
  /** From the head of a request to the end of its body. Over: 408. Not for calls that stream messages. */
  readonly requestTimeoutMillis: number
  /** What must come of a body in every window in which we were ready for it. Below: 408. Not for calls that stream messages. */
  readonly minBodyBytesPerSecond: number
  readonly bodyWindowMillis: number
  /** How long a call that streams messages may be silent in both directions. Over: reset. */
  readonly streamIdleMillis: number
  /** How long a connection stays open without a call. Over: closed. */
  readonly keepAliveMillis: number
  /** How long nothing of a reply may be taken. Over: reset. */
  readonly stallTimeoutMillis: number
  /** Calls under way on a connection; more are refused, and may be sent again (RFC 9113 §5.1.2). */
  readonly maxStreams: number
  /** Calls of a connection altogether; then the client is asked to open another. */
  readonly maxRequestsPerConnection: number
  /** What a caller may send of a body before somebody reads it, for each call (RFC 9113 §6.9.2). */
  readonly windowBytes: number
  /** What a connection may hold of our memory, in whole megabytes: more calls are refused while it holds as much. */
  readonly maxSessionMegabytes: number
  /**
   * Calls that end by a reset of the client, or by its breach of the protocol, before they are answered: so many at once
   * and so many with every second (CVE-2023-44487, CVE-2025-8671). Above: the connection is closed.
   */
  readonly maxResets: number
  readonly resetsPerSecond: number
  /** PING and SETTINGS frames, likewise; both ask for an answer. */
  readonly maxControlFrames: number
  readonly controlFramesPerSecond: number
  /** Bytes that are neither head nor content, likewise, beyond what their frames need: any flood of small or useless frames. */
  readonly maxOverheadBytes: number
  readonly overheadBytesPerSecond: number
  /** Invalid or empty frames of a connection. Above: closed. */
  readonly maxInvalidFrames: number
}

export const serverLimits: ServerLimits = {
  maxHeadBytes: 32_768,
  maxFields: 100,
  maxTargetBytes: 8_192,
  maxBodyBytes: undefined,
  headTimeoutMillis: 15_000,
  requestTimeoutMillis: 300_000,
  minBodyBytesPerSecond: 256,
  bodyWindowMillis: 10_000,
  streamIdleMillis: 900_000,
  keepAliveMillis: 65_000,
  stallTimeoutMillis: 30_000,
  maxStreams: 100,
  maxRequestsPerConnection: 100_000,
  windowBytes: 131_072,
  maxSessionMegabytes: 16,
  maxResets: 200,
  resetsPerSecond: 30,
  maxControlFrames: 500,
  controlFramesPerSecond: 50,
  maxOverheadBytes: 1_048_576,
  overheadBytesPerSecond: 262_144,
  maxInvalidFrames: 100,
}
