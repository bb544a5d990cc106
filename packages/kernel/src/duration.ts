const UNIT_MILLIS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const
type Unit = keyof typeof UNIT_MILLIS
const UNITS = Object.keys(UNIT_MILLIS) as Unit[]

/** A length of time, written as people write it: `250ms`, `30s`, `5m`, `1h`, `7d`. */
export class Duration {
  readonly milliseconds: number

  private constructor(milliseconds: number) {
    this.milliseconds = milliseconds
  }

  static ofMilliseconds(milliseconds: number): Duration {
    if (!Number.isSafeInteger(milliseconds) || milliseconds < 0) {
      throw new RangeError(`a duration is a whole number of milliseconds, not ${milliseconds}`)
    }
    return new Duration(milliseconds)
  }

  /** Throws a `RangeError` that says what is expected; see `isDuration` for a test. */
  static parse(text: string): Duration {
    const milliseconds = millisecondsOf(text)
    if (milliseconds === undefined) {
      throw new RangeError(
        `"${text.slice(0, 40)}" is no duration; write a whole number and a unit: 250ms, 30s, 5m, 1h, 7d`,
      )
    }
    return new Duration(milliseconds)
  }

  get seconds(): number {
    return this.milliseconds / 1000
  }

  /** The shortest way to write it with one unit. */
  toString(): string {
    const unit = UNITS.toReversed().find((each) => this.milliseconds % UNIT_MILLIS[each] === 0) ?? 'ms'
    return `${this.milliseconds / UNIT_MILLIS[unit]}${unit}`
  }

  toJSON(): string {
    return this.toString()
  }
}

export function isDuration(text: string): boolean {
  return millisecondsOf(text) !== undefined
}

function millisecondsOf(text: string): number | undefined {
  const unit = text.endsWith('ms') ? 'ms' : UNITS.find((each) => text.endsWith(each))
  if (unit === undefined) return undefined
  const digits = text.slice(0, -unit.length)
  if (digits.length === 0 || digits.length > 12 || !/^\d+$/.test(digits)) return undefined
  const milliseconds = Number(digits) * UNIT_MILLIS[unit]
  return Number.isSafeInteger(milliseconds) ? milliseconds : undefined
}
