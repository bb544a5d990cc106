/** What the load program is told, one JSON value a line. */
export interface RunOrder {
  readonly port: number
  /** A file with the requests, as a JSON list of texts; they are sent in turn. */
  readonly requestFile: string
  readonly connections: number
  /** Every request on a connection of its own. */
  readonly short: boolean
  /** So many requests a second, whatever the replies take; as many as go when absent. */
  readonly ratePerSecond?: number | undefined
  /** PEM of the authority of whoever is called over TLS. */
  readonly authority?: string | undefined
  /** On WebSockets: a request is a message, and its reply the same message. */
  readonly echo: boolean
  readonly warmUpMillis: number
  readonly millis: number
  /** Whose CPU time and memory are read when the measuring begins and ends. */
  readonly pid: number
}

/** What it says of a run. */
export interface RunResult {
  readonly requests: number
  /** Replies that were not 200, and connections that broke. */
  readonly failures: number
  /** One of those, for whoever asks why. */
  readonly failure: string | undefined
  readonly seconds: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
  readonly cpuMicros: number
  readonly residentBytes: number
  /** CLOCK_MONOTONIC at both ends, in microseconds: the clock of V8's profiles. */
  readonly fromMicros: number
  readonly toMicros: number
}
