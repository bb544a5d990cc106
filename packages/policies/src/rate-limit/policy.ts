import type { Exchange } from '@portcullis/policy-kit/exchange'
import { Note } from '@portcullis/policy-kit/note'
import type { Policy } from '@portcullis/policy-kit/policy'
import { proceed, refuse, type Verdict } from '@portcullis/policy-kit/verdict'
import type { Take } from '@portcullis/ports/counters/port'
import { type RateLimitConfig, rateLimitContract, rateLimitFaults } from './contract.ts'
import { keyMaker } from './key.ts'
import { addRateLimitFields, limitOf, retryAfterSeconds } from './rules.ts'

/** Takes a call's cost from a counter, and tells on the reply what is left. Counters that fail refuse the call. */
export const rateLimit: Policy<RateLimitConfig, undefined, 'counters'> = {
  contract: rateLimitContract,
  needs: ['counters'],
  bind(config, { counters }, { step }) {
    const limit = limitOf(config)
    const keyOf = keyMaker(step, config.by)
    const taken = new Note<Take>()

    function judge(x: Exchange, take: Take): Verdict {
      taken.write(x, take)
      const saw = { limit: limit.name, cost: config.cost, remaining: take.remaining }
      if (take.taken) return proceed(saw)
      const seconds = retryAfterSeconds(take)
      return refuse(rateLimitFaults.exceeded({ detail: `Try again in ${seconds} s.` }), {
        headers: ['Retry-After', String(seconds)],
        saw,
      })
    }

    return {
      onRequest(x) {
        const take = counters.take(keyOf(x), limit, config.cost)
        return take instanceof Promise ? take.then((settled) => judge(x, settled)) : judge(x, take)
      },
      onReply(x, reply) {
        // Nothing to tell when an earlier step ended the call, or the counters failed.
        const take = taken.of(x)
        if (take !== undefined) addRateLimitFields(reply.headers, limit, take)
      },
    }
  },
}
