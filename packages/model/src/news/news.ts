import type { z } from '@portcullis/kernel/schema'
import { type ApiKey, apiKey } from '../credential/api-key.ts'
import { type Disconnection, disconnection } from './disconnection.ts'
import { type Revocation, revocation } from './revocation.ts'

/** What gateways are told of besides revisions, each in the order of its positions, and keep on their disks. */
export interface Told {
  readonly revocation: Revocation
  readonly 'api-key': ApiKey
  readonly disconnection: Disconnection
}
export type Topic = keyof Told

/** All that became known of a topic, up to a position. */
export type News = { readonly [T in Topic]: NewsOf<T> }[Topic]

export interface NewsOf<T extends Topic> {
  readonly topic: T
  readonly entries: readonly Told[T][]
  readonly position: number
}

interface TopicRules<E> {
  readonly entry: z.ZodType<E>
  /** Of all entries that were told, in their order, those that still say something. */
  readonly stillTelling: (entries: readonly E[], nowMillis: number) => E[]
}

export const topics: { readonly [T in Topic]: TopicRules<Told[T]> } = {
  revocation: {
    entry: revocation,
    stillTelling: (entries, now) => entries.filter(({ until }) => until >= now),
  },
  'api-key': {
    entry: apiKey,
    // Of one key the last word counts, and a key that is over stays known: it must not come back.
    stillTelling: (entries) => [...new Map(entries.map((each) => [each.id, each])).values()],
  },
  disconnection: {
    entry: disconnection,
    // Whoever begins later has no call that began before.
    stillTelling: () => [],
  },
}

/** What is known of a topic before anything was told. */
export function noNews<T extends Topic>(topic: T): NewsOf<T> {
  return { topic, entries: [], position: 0 }
}

/** What is known once there are news. */
export function withNews<T extends Topic>(known: NewsOf<T>, news: NewsOf<T>, nowMillis: number): NewsOf<T> {
  const entries = topics[known.topic].stillTelling([...known.entries, ...news.entries], nowMillis)
  return { topic: known.topic, entries, position: news.position }
}
