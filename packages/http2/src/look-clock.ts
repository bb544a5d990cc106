/**
 * Time that goes by in looks at everything whose deadlines it tells: whatever holds up this process is not held against
 * peers, whom it could not hear meanwhile.
 */
export class LookClock {
  /** Between two looks. */
  readonly tickMillis: number
  /** Milliseconds, by the looks so far. */
  now = 0

  constructor(tickMillis: number) {
    this.tickMillis = tickMillis
  }

  /** The time in that many milliseconds, of which none is lost to the age of `now`. */
  after(millis: number): number {
    return this.now + this.tickMillis + millis
  }

  look(): void {
    this.now += this.tickMillis
  }
}
