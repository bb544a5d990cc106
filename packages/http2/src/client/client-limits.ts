/** What the client puts up with. Times are kept by a sweep: late by up to a quarter of the shortest, never early. */
export interface ClientLimits {
  readonly maxSessionsPerOrigin: number
  /** Requests at once on a connection, if the server allows as many. */
  readonly maxStreamsPerSession: number
  readonly maxWaitingPerOrigin: number
  /** How long a request waits for a stream. */
  readonly waitTimeoutMillis: number
  /** To look up the name, connect, shake hands and get the server's settings. */
  readonly connectTimeoutMillis: number
  /** From the request's end to the head of the response. Not for requests that stream messages. */
  readonly headTimeoutMillis: number
  /** Between two pieces of a body. Not for requests that stream messages. */
  readonly bodyIdleTimeoutMillis: number
  /** The same of a stream of events (`text/event-stream`), which may rightly be quiet for longer. */
  readonly eventStreamIdleTimeoutMillis: number
  /** How long a request that streams messages may be silent in both directions. */
  readonly streamIdleMillis: number
  /** How long a connection stays open unused. */
  readonly keepAliveMillis: number
  /** A connection that is older takes nothing more: names are looked up anew for the next. */
  readonly maxConnectionAgeMillis: number
  /** How often a server is asked whether it is there while requests are under way, and how long for an answer. */
  readonly pingMillis: number
  readonly pingTimeoutMillis: number
  readonly maxHeadBytes: number
  readonly maxFields: number
  /** Responses ahead of the final one (1xx), of one request. */
  readonly maxInterimResponses: number
  /** What may come of a response before somebody reads it. */
  readonly windowBytes: number
}

export const clientLimits: ClientLimits = {
  maxSessionsPerOrigin: 8,
  maxStreamsPerSession: 100,
  maxWaitingPerOrigin: 4_096,
  waitTimeoutMillis: 10_000,
  connectTimeoutMillis: 5_000,
  headTimeoutMillis: 60_000,
  bodyIdleTimeoutMillis: 60_000,
  eventStreamIdleTimeoutMillis: 600_000,
  streamIdleMillis: 900_000,
  keepAliveMillis: 60_000,
  maxConnectionAgeMillis: 300_000,
  pingMillis: 20_000,
  pingTimeoutMillis: 10_000,
  maxHeadBytes: 32_768,
  maxFields: 200,
  maxInterimResponses: 16,
  windowBytes: 262_144,
}
