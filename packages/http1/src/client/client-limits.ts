/** What the client puts up with. Times are counted coarsely: they may last a quarter longer, never shorter. */
export interface ClientLimits {
  readonly maxConnectionsPerOrigin: number
  /** Requests that may wait for a connection of an origin; one more is refused at once. */
  readonly maxWaitingPerOrigin: number
  /** How long a request waits for a connection. */
  readonly waitTimeoutMillis: number
  /** To look up the name, connect and, with TLS, shake hands. */
  readonly connectTimeoutMillis: number
  /** From the request's end to the complete head of the response. */
  readonly headTimeoutMillis: number
  /** Between two pieces of a body, and while the other side takes nothing of the request's. */
  readonly bodyIdleTimeoutMillis: number
  /** Between two pieces of a stream of events (`text/event-stream`), which may rightly be quiet for longer. */
  readonly eventStreamIdleTimeoutMillis: number
  /** From handing the request over to the end of the response; no such limit when absent. */
  readonly totalTimeoutMillis?: number | undefined
  /** How long a connection stays open unused when its server does not say for how long it keeps it. */
  readonly keepAliveMillis: number
  /** The longest that a server's own word on this is followed. */
  readonly maxKeepAliveMillis: number
  /** A connection that is older is not used again: names are looked up anew for the next. */
  readonly maxConnectionAgeMillis: number
  readonly maxHeadBytes: number
  readonly maxFields: number
  /** Interim responses (RFC 9110 §15.2) before the final one. */
  readonly maxInterimResponses: number
  /** Fields behind a chunked body. */
  readonly maxTrailerBytes: number
  /** Content of a response; no such limit when absent. */
  readonly maxResponseBytes?: number | undefined
}

export const clientLimits: ClientLimits = {
  maxConnectionsPerOrigin: 256,
  maxWaitingPerOrigin: 4_096,
  waitTimeoutMillis: 10_000,
  connectTimeoutMillis: 5_000,
  headTimeoutMillis: 60_000,
  bodyIdleTimeoutMillis: 60_000,
  eventStreamIdleTimeoutMillis: 600_000,
  keepAliveMillis: 4_000,
  maxKeepAliveMillis: 60_000,
  maxConnectionAgeMillis: 300_000,
  maxHeadBytes: 32_768,
  maxFields: 200,
  maxInterimResponses: 16,
  maxTrailerBytes: 8_192,
}
