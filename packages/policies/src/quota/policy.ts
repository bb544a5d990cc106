import { timeZoneNamed } from '@portcullis/kernel/time-zone'
import type { Exchange } from '@portcullis/policy-kit/exchange'
import { Note } from '@portcullis/policy-kit/note'
import type { Policy } from '@portcullis/policy-kit/policy'
import { proceed, refuse, type Verdict } from '@portcullis/policy-kit/verdict'
import type { Take } from '@portcullis/ports/counters/port'
import { costOf } from '../counting/call-cost.ts'
import { keyMaker } from '../counting/counter-key.ts'
import { addRateLimitFields, type ToldLimit } from '../counting/rate-limit-field.ts'
import { retryAfterSeconds } from '../counting/retry-after.ts'
import { type QuotaConfig, quotaContract, quotaFaults } from './contract.ts'
import { presentPeriod } from './rules.ts'

interface Counted {
  readonly told: readonly ToldLimit[]
  readonly takes: readonly Take[]
}

/** Counts calls in the period of the calendar in which they come, and tells on the reply what is left of it. */
export const quota: Policy<QuotaConfig, undefined, 'counters' | 'clock'> = {
  contract: quotaContract,
  needs: ['counters', 'clock'],
  bind(config, { counters, clock }, site) {
    const { limit, per, whenAway } = config
    const zone = timeZoneNamed(config.zone)
    if (zone === undefined) throw new RangeError(`there is no time zone "${config.zone}"`)
    const periodOf = presentPeriod(zone, config)
    // Another period or zone is another count: starts of months and of days would otherwise be mixed up.
    const keyOf = keyMaker({ ...site, step: `${site.step}|${per}|${config.zone}` }, config.by)
    const priceOf = costOf(config.cost, site.expression)
    const counted = new Note<Counted>()

    function judge(x: Exchange, told: readonly ToldLimit[], takes: readonly Take[], cost: number): Verdict {
      counted.write(x, { told, takes })
      const { taken, remaining, retryAfterMillis, away } = takes[0] as Take
      const saw = { per, limit, cost, remaining, ...(away && { away }) }
      if (taken) return proceed(saw)
      if (retryAfterMillis === Number.POSITIVE_INFINITY) {
        return refuse(quotaFaults['too-costly']({ detail: `It costs ${cost}.` }), { saw })
      }
      const seconds = retryAfterSeconds(retryAfterMillis)
      return refuse(quotaFaults.exceeded({ detail: `The next ${per} begins in ${seconds} s.` }), {
        headers: ['Retry-After', String(seconds)],
        saw,
      })
    }

    return {
      onRequest(x) {
        const cost = priceOf(x)
        if (cost === undefined) return refuse(quotaFaults.unpriced())
        const now = Math.floor(clock.now())
        const { start, end, told } = periodOf(now)
        const takes = counters.takeAll(keyOf(x), [{ limit, start, leftMillis: end - now, whenAway }], cost)
        return takes instanceof Promise
          ? takes.then((settled) => judge(x, told, settled, cost))
          : judge(x, told, takes, cost)
      },
      onReply(x, reply) {
        // Nothing to tell when an earlier step ended the call, or the counters failed.
        const known = counted.of(x)
        if (known !== undefined) addRateLimitFields(reply.headers, known.told, known.takes)
      },
    }
  },
}
