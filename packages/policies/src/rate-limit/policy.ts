import type { Exchange } from '@portcullis/policy-kit/exchange'
import { Note } from '@portcullis/policy-kit/note'
import type { Policy } from '@portcullis/policy-kit/policy'
import { proceed, refuse, type Verdict } from '@portcullis/policy-kit/verdict'
import type { Take } from '@portcullis/ports/counters/port'
import { costOf } from '../counting/call-cost.ts'
import { keyMaker } from '../counting/counter-key.ts'
import { addRateLimitFields } from '../counting/rate-limit-field.ts'
import { retryAfterSeconds } from '../counting/retry-after.ts'
import { type RateLimitConfig, rateLimitContract, rateLimitFaults } from './contract.ts'
import { lacking, limitsOf, type NamedLimit, scarcest } from './rules.ts'

/** Takes a call's cost from a counter, and tells on the reply what is left. Counters that fail refuse the call. */
export const rateLimit: Policy<RateLimitConfig, undefined, 'counters'> = {
  contract: rateLimitContract,
  needs: ['counters'],
  bind(config, { counters }, site) {
    const limits = limitsOf(config)
    const [only] = limits
    const keyOf = keyMaker(site, config.by)
    const priceOf = costOf(config.cost, site.expression)
    const taken = new Note<readonly Take[]>()

    function take(key: string, cost: number): readonly Take[] | Promise<readonly Take[]> {
      if (only === undefined || limits.length > 1) return counters.takeAll(key, limits, cost)
      const one = counters.take(key, only, cost)
      return one instanceof Promise ? one.then((settled) => [settled]) : [one]
    }

    function judge(x: Exchange, takes: readonly Take[], cost: number): Verdict {
      taken.write(x, takes)
      const lack = lacking(takes)
      const told = lack ?? scarcest(takes)
      const { name } = limits[told] as NamedLimit
      const { remaining, retryAfterMillis, away, approximate } = takes[told] as Take
      const saw = { limit: name, cost, remaining, ...(away && { away }), ...(approximate && { approximate }) }
      if (lack === undefined) return proceed(saw)
      if (retryAfterMillis === Number.POSITIVE_INFINITY) {
        return refuse(rateLimitFaults['too-costly']({ detail: `It costs ${cost}.` }), { saw })
      }
      const seconds = retryAfterSeconds(retryAfterMillis)
      return refuse(rateLimitFaults.exceeded({ detail: `Try again in ${seconds} s.` }), {
        headers: ['Retry-After', String(seconds)],
        saw,
      })
    }

    return {
      onRequest(x) {
        const cost = priceOf(x)
        if (cost === undefined) return refuse(rateLimitFaults.unpriced())
        const takes = take(keyOf(x), cost)
        return takes instanceof Promise ? takes.then((all) => judge(x, all, cost)) : judge(x, takes, cost)
      },
      onReply(x, reply) {
        // Nothing to tell when an earlier step ended the call, or the counters failed.
        const takes = taken.of(x)
        if (takes !== undefined) addRateLimitFields(reply.headers, limits, takes)
      },
    }
  },
}
