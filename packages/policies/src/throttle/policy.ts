import type { Signal } from '@portcullis/kernel/signal'
import type { Policy } from '@portcullis/policy-kit/policy'
import { proceed, refuse, type Verdict } from '@portcullis/policy-kit/verdict'
import type { Take } from '@portcullis/ports/counters/port'
import { keyMaker } from '../counting/counter-key.ts'
import { retryAfterSeconds } from '../counting/retry-after.ts'
import { type ThrottleConfig, throttleContract, throttleFaults } from './contract.ts'
import { type Line, openLine } from './line.ts'
import { turnsOf } from './rules.ts'

/** Takes a turn for every call and lets it wait for that; refuses where the line is full. */
export const throttle: Policy<ThrottleConfig, undefined, 'counters'> = {
  contract: throttleContract,
  needs: ['counters'],
  bind(config, { counters }, site) {
    const { limit, waitMillis } = turnsOf(config)
    const keyOf = keyMaker(site, config.by)
    const lines = new Map<string, Line>()

    function lineOf(key: string): Line {
      const line = lines.get(key) ?? openLine(() => lines.delete(key))
      lines.set(key, line)
      return line
    }

    function judge(key: string, { taken, resetMillis, retryAfterMillis, away }: Take): Verdict {
      if (!taken) {
        return refuse(throttleFaults.full(), {
          headers: ['Retry-After', String(retryAfterSeconds(retryAfterMillis))],
          saw: { waitMillis: waitMillis(resetMillis), ...(away && { away }) },
        })
      }
      const millis = waitMillis(resetMillis)
      const saw = { waitMillis: millis, ...(away && { away }) }
      if (millis === 0) return proceed(saw)
      return { verdict: 'delay', millis, saw, wait: (signal: Signal) => lineOf(key).join(millis, signal) }
    }

    return {
      onRequest(x) {
        const key = keyOf(x)
        const take = counters.take(key, limit, 1)
        return take instanceof Promise ? take.then((settled) => judge(key, settled)) : judge(key, take)
      },
    }
  },
}
