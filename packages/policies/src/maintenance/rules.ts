/** Milliseconds since the epoch; without beginning or end where they are infinite. */
export interface Stretch {
  readonly from: number
  readonly until: number
}

/** Whether work is under way, and in how many whole seconds it ends; `Infinity` when nobody knows. */
export function secondsLeft({ from, until }: Stretch, nowMillis: number): number | undefined {
  if (nowMillis < from || nowMillis >= until) return undefined
  return Math.ceil((until - nowMillis) / 1000)
}
