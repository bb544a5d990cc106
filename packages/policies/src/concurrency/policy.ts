import type { Exchange } from '@portcullis/policy-kit/exchange'
import type { Policy } from '@portcullis/policy-kit/policy'
import { proceed, refuse, type Verdict } from '@portcullis/policy-kit/verdict'
import type { Hold, Places } from '@portcullis/ports/counters/port'
import { keyMaker } from '../counting/counter-key.ts'
import { type ConcurrencyConfig, concurrencyContract, concurrencyFaults } from './contract.ts'
import { RETRY_SOON } from './rules.ts'

/** Takes a place for every call, and gives it back when the call is over, however it ends. */
export const concurrency: Policy<ConcurrencyConfig, undefined, 'counters'> = {
  contract: concurrencyContract,
  needs: ['counters'],
  bind({ limit, by, whenAway }, { counters }, site) {
    const places: Places = { places: limit, whenAway }
    const keyOf = keyMaker(site, by)

    function judge(x: Exchange, { held, inUse, away, release }: Hold): Verdict {
      const saw = { limit, inUse, ...(away && { away }) }
      if (!held) return refuse(concurrencyFaults.exceeded(), { headers: RETRY_SOON, saw })
      x.whenOver(release)
      return proceed(saw)
    }

    return {
      onRequest(x) {
        const hold = counters.hold(keyOf(x), places)
        return hold instanceof Promise ? hold.then((settled) => judge(x, settled)) : judge(x, hold)
      },
    }
  },
}
