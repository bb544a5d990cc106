import { hash } from 'node:crypto'
import type { Fault } from '@portcullis/kernel/fault'
import { canonicalJson } from '@portcullis/kernel/json'
import type { Web } from '@portcullis/ports/web/port'
import { RecentMap } from '../memory/recent-map.ts'
import type { Introspected } from './rules.ts'

/** How many answers are kept of one gateway: good ones, and others, which can be made up without end. */
const MAX_GOOD = 10_000
const MAX_REFUSED = 2_000

export interface KeptAnswer {
  readonly introspected: Introspected
  /** Milliseconds since the epoch up to which nobody is asked again. */
  readonly until: number
  /** Up to which revocation was known when it was asked. */
  readonly position: number
}

export interface KeptRefusal {
  readonly fault: () => Fault
  readonly until: number
}

interface Memory {
  readonly good: RecentMap<KeptAnswer>
  readonly refused: RecentMap<KeptRefusal>
  readonly asking: Map<string, Promise<KeptAnswer>>
}

// One memory for all APIs of a gateway, so that its bounds are of the gateway; a new revision goes on using it.
const memories = new WeakMap<Web, Memory>()

export interface KeptAnswers extends Memory {
  /** Of a token under the conditions for which this was opened. A hash: no token lies in memory that could be used. */
  nameOf(token: string): string
}

/** What was answered counts under `conditions` alone. */
export function keptAnswers(web: Web, conditions: unknown): KeptAnswers {
  const memory = memories.get(web) ?? {
    good: new RecentMap<KeptAnswer>(MAX_GOOD),
    refused: new RecentMap<KeptRefusal>(MAX_REFUSED),
    asking: new Map<string, Promise<KeptAnswer>>(),
  }
  memories.set(web, memory)
  const under = hash('sha256', canonicalJson(conditions), 'base64url')
  return { ...memory, nameOf: (token) => hash('sha256', `${under}.${token}`, 'base64url') }
}
