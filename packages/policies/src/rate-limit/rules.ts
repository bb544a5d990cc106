import { Duration } from '@portcullis/kernel/duration'
import type { Limit, Take } from '@portcullis/ports/counters/port'
import { type ToldLimit, toldLimit } from '../counting/rate-limit-field.ts'
import { nameOfSharer } from '../counting/sharer.ts'
import type { RateLimitConfig } from './contract.ts'

/** A limit as it is asked of the counters and told to callers. */
export interface NamedLimit extends Limit, ToldLimit {}

/** The windows of a limit, the one that is declared first before those of `atMost`. */
export function limitsOf({ by, name, atMost, whenAway, precision, ...first }: RateLimitConfig): NamedLimit[] {
  return [first, ...atMost].map(({ limit, window: text, burst }, i) => {
    const window = Duration.parse(text)
    const own = name === undefined ? `${nameOfSharer(by)}-${window}` : i === 0 ? name : `${name}-${window}`
    return {
      limit,
      windowMillis: window.milliseconds,
      burst: burst ?? limit,
      whenAway,
      precision,
      ...toldLimit(own, limit, window.seconds),
    }
  })
}

/** The window that keeps a call back longest; `undefined` where all have room. */
export function lacking(takes: readonly Take[]): number | undefined {
  let worst: number | undefined
  for (let i = 0; i < takes.length; i++) {
    const { taken, retryAfterMillis } = takes[i] as Take
    if (!taken && (worst === undefined || retryAfterMillis > (takes[worst] as Take).retryAfterMillis))
      worst = i
  }
  return worst
}

/** The window that will be used up first. */
export function scarcest(takes: readonly Take[]): number {
  let least = 0
  for (let i = 1; i < takes.length; i++) {
    if ((takes[i] as Take).remaining < (takes[least] as Take).remaining) least = i
  }
  return least
}
