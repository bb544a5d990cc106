import type { ActiveHealth } from '@portcullis/model/resource/upstream'

export interface CheckRules
  extends Pick<ActiveHealth, 'path' | 'healthyAfter' | 'unhealthyAfter' | 'expectStatus'> {
  readonly intervalMillis: number
  readonly timeoutMillis: number
}

/** What the checks of a target have shown. */
export interface CheckStreak {
  readonly healthy: boolean
  /** Answers in a row that say otherwise. */
  readonly against: number
}

/** Nobody is out of service before it has been seen to fail. */
export const notYetChecked: CheckStreak = { healthy: true, against: 0 }

export function afterCheck(
  state: CheckStreak,
  rules: Pick<CheckRules, 'healthyAfter' | 'unhealthyAfter'>,
  good: boolean,
): CheckStreak {
  if (good === state.healthy) return state.against === 0 ? state : { ...state, against: 0 }
  const against = state.against + 1
  const enough = state.healthy ? rules.unhealthyAfter : rules.healthyAfter
  return against >= enough ? { healthy: good, against: 0 } : { ...state, against }
}
