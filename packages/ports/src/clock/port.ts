/** What time it is. Never runs backwards within a process. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
}
