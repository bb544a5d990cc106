import { Duration } from '@portcullis/kernel/duration'
import type { Balance, Retry, Upstream } from '@portcullis/model/resource/upstream'
import type { CheckRules } from './fitness/check-streak.ts'
import type { CircuitRules } from './fitness/circuit.ts'
import type { EjectionRules } from './fitness/ejection.ts'

/** How an upstream is used, with every time in milliseconds. */
export interface UpstreamRules {
  readonly balance: Balance
  readonly ejection: EjectionRules
  readonly circuit: CircuitRules | undefined
  readonly checks: CheckRules | undefined
  readonly retry: Retry
  /** 0 where a target gets its full share at once. */
  readonly slowStartMillis: number
  /** Until the head of the reply; infinite where the forwarder's own times are enough. */
  readonly attemptMillis: number
  readonly totalMillis: number
}

export function rulesOf({
  balance,
  health,
  circuitBreaker,
  retry,
  slowStart,
  timeouts,
}: Upstream): UpstreamRules {
  const { active, passive } = health
  return {
    balance,
    ejection: { ...passive, ejectForMillis: millis(passive.ejectFor) },
    circuit: circuitBreaker && {
      ...circuitBreaker,
      windowMillis: millis(circuitBreaker.window),
      openForMillis: millis(circuitBreaker.openFor),
    },
    checks: active && {
      ...active,
      intervalMillis: millis(active.interval),
      timeoutMillis: millis(active.timeout),
    },
    retry,
    slowStartMillis: slowStart === undefined ? 0 : millis(slowStart),
    attemptMillis: timeouts.attempt === undefined ? Number.POSITIVE_INFINITY : millis(timeouts.attempt),
    totalMillis: timeouts.total === undefined ? Number.POSITIVE_INFINITY : millis(timeouts.total),
  }
}

function millis(duration: string): number {
  return Duration.parse(duration).milliseconds
}
