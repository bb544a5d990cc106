import type { Standing } from '@portcullis/policy-kit/policy'
import { waysOf } from '../scheme/requirement.ts'
import type { ScopeConfig, ScopeFacts } from './contract.ts'
import { readDemand } from './demand.ts'

/** Why no identity can satisfy the contract and the expressions together. */
export function impasseOf({
  configs,
  facts,
  establishes,
}: Standing<ScopeConfig, ScopeFacts>): string | undefined {
  const ways = waysOf(facts.security)
  const open = ways.filter(({ schemes }) => schemes.every(establishes))
  if (open.length === 0) {
    const schemes = new Set(ways.flatMap((way) => way.schemes).filter((each) => !establishes(each)))
    return `no policy that runs here can establish ${[...schemes].map((each) => `"${each}"`).join(' or ')}`
  }
  for (const { require } of configs) {
    const reading = require === undefined ? undefined : readDemand(require)
    if (reading === undefined || 'problem' in reading) continue
    const isOpen = open.some(({ scopes }) =>
      reading.terms.some(({ none }) => !none.some((scope) => scopes.includes(scope))),
    )
    if (!isOpen) return `"${require}" forbids scopes that the contract demands`
  }
  return undefined
}
