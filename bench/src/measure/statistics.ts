/** The middle one; of an even number the mean of the two in the middle. `NaN` of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}

/** Times counted in steps of 10 µs, up to two seconds: as much memory for a million of them as for one. */
export class Histogram {
  readonly #counts = new Uint32Array(200_000)
  #total = 0

  add(millis: number): void {
    const step = Math.min(this.#counts.length - 1, Math.max(0, Math.floor(millis * 100)))
    this.#counts[step] = (this.#counts[step] as number) + 1
    this.#total++
  }

  clear(): void {
    this.#counts.fill(0)
    this.#total = 0
  }

  /** The time in milliseconds that this share of all did not exceed: the upper end of its step. `NaN` of none. */
  percentile(share: number): number {
    let left = Math.max(1, Math.ceil(this.#total * share))
    for (const [step, count] of this.#counts.entries()) {
      left -= count
      if (left <= 0 && this.#total > 0) return (step + 1) / 100
    }
    return Number.NaN
  }
}
