import type { Policy } from '@portcullis/policy-kit/policy'
import { proceed, refuse, type Verdict } from '@portcullis/policy-kit/verdict'
import type { Take } from '@portcullis/ports/counters/port'
import { keyMaker } from '../counting/counter-key.ts'
import { retryAfterSeconds } from '../counting/retry-after.ts'
import { type SpikeArrestConfig, spikeArrestContract, spikeArrestFaults } from './contract.ts'
import { smoothedLimit } from './rules.ts'

/** Refuses calls that come closer together than the limit spreads them. */
export const spikeArrest: Policy<SpikeArrestConfig, undefined, 'counters'> = {
  contract: spikeArrestContract,
  needs: ['counters'],
  bind(config, { counters }, site) {
    const limit = smoothedLimit(config)
    const keyOf = keyMaker(site, config.by)

    function judge({ taken, remaining, retryAfterMillis, away }: Take): Verdict {
      const saw = { remaining, ...(away && { away }) }
      if (taken) return proceed(saw)
      return refuse(spikeArrestFaults.exceeded({ detail: `Room comes back in ${retryAfterMillis} ms.` }), {
        headers: ['Retry-After', String(retryAfterSeconds(retryAfterMillis))],
        saw,
      })
    }

    return {
      onRequest(x) {
        const take = counters.take(keyOf(x), limit, 1)
        return take instanceof Promise ? take.then(judge) : judge(take)
      },
    }
  },
}
