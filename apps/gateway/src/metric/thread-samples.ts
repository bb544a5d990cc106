import { mergeSamples, type Sample } from '@portcullis/kernel/metric'
import { type GatewayFamily, gatewayFamilies } from './families.ts'

/** The last that threads told of themselves. What a thread counted is still counted when it has ended. */
export interface ThreadSamples {
  /** What a thread tells now, in place of what it told before. */
  told(thread: number, samples: readonly Sample[]): void
  /** Its successor counts from zero again. */
  ended(thread: number): void
  all(): Sample[]
}

export function openThreadSamples(): ThreadSamples {
  const present = new Map<number, readonly Sample[]>()
  let past: readonly Sample[] = []
  return {
    told: (thread, samples) => void present.set(thread, samples),
    ended(thread) {
      const counted = (present.get(thread) ?? []).filter(isCounted)
      present.delete(thread)
      past = mergeSamples([past, counted], gatewayFamilies)
    },
    all: () => mergeSamples([past, ...present.values()], gatewayFamilies),
  }
}

function isCounted({ family }: Sample): boolean {
  return gatewayFamilies[family as GatewayFamily].kind !== 'gauge'
}
