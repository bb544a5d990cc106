import type { News } from '@portcullis/model/news/news'
import type { Ports } from '@portcullis/policy-kit/policy'
import type { MemoryApiKeys } from '@portcullis/ports/api-keys/memory'
import type { MemoryRevocations } from '@portcullis/ports/revocations/memory'
import type { StandingCalls } from '../standing/standing-calls.ts'

/** Ports of a thread that takes calls; those that are filled with what the control plane tells. */
export interface TaughtPorts extends Ports {
  readonly revocations: MemoryRevocations
  readonly apiKeys: MemoryApiKeys
}

/** Those, and the calls that stand. */
type Taught = TaughtPorts & { readonly standing: Pick<StandingCalls, 'disconnect'> }

export function teach({ revocations, apiKeys, standing }: Taught, news: News): void {
  switch (news.topic) {
    case 'revocation':
      revocations.add(news.entries, news.position)
      return
    case 'api-key':
      apiKeys.add(news.entries, news.position)
      return
    case 'disconnection':
      for (const each of news.entries) standing.disconnect(each)
  }
}
