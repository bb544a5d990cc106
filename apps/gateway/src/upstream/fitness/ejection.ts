/** When calls that fail put a target out of service for a while. */
export interface EjectionRules {
  /** Failures in a row. */
  readonly failures: number
  readonly ejectForMillis: number
  readonly maxEjectedPercent: number
}

/** What is remembered of one target. Times are of one clock that never runs backwards. */
export interface Ejection {
  /** In a row, since the last success. */
  readonly failures: number
  /** Ejections that came soon after each other. */
  readonly times: number
  /** The end of the last one. */
  readonly until: number
}

export const neverEjected: Ejection = { failures: 0, times: 0, until: Number.NEGATIVE_INFINITY }

const MAX_EJECT_MILLIS = 600_000

export function isEjected({ until }: Ejection, now: number): boolean {
  return now < until
}

/** Whether one more target may go. One of two may go even where the percentage says less; the last one never. */
export function mayEject(targets: number, ejected: number, maxEjectedPercent: number): boolean {
  if (targets < 2 || maxEjectedPercent === 0) return false
  return ejected === 0 || (ejected + 1) * 100 <= maxEjectedPercent * targets
}

/** The same object where nothing changed. */
export function afterSuccess(state: Ejection, rules: EjectionRules, now: number): Ejection {
  if (state.failures === 0 && state.times === 0) return state
  // Whoever has served for as long as it was out starts anew.
  const settled = now >= state.until + ejectMillis(rules, state.times)
  if (state.failures === 0 && !settled) return state
  return { failures: 0, times: settled ? 0 : state.times, until: state.until }
}

/** `allowed` is what `mayEject` says. */
export function afterFailure(state: Ejection, rules: EjectionRules, now: number, allowed: boolean): Ejection {
  // Calls that were under way when it went are no news.
  if (isEjected(state, now)) return state
  const failures = state.failures + 1
  if (failures < rules.failures || !allowed) return { ...state, failures }
  const times = state.times + 1
  return { failures: 0, times, until: now + ejectMillis(rules, times) }
}

/** Twice as long every time, up to ten minutes or what was declared. */
export function ejectMillis({ ejectForMillis }: EjectionRules, times: number): number {
  const most = Math.max(MAX_EJECT_MILLIS, ejectForMillis)
  return Math.min(most, ejectForMillis * 2 ** Math.max(0, times - 1))
}
