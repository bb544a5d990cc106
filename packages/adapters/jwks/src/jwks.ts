import type { Fetch } from '@portcullis/kernel/fetch'
import type { Clock } from '@portcullis/ports/clock/port'
import type { Keys } from '@portcullis/ports/keys/port'
import type { Log } from '@portcullis/ports/log/port'
import { type FetchLimits, fetchText } from './fetch-text.ts'
import { IssuerKeys, type RefreshRules } from './issuer-keys.ts'
import { readKeySet } from './key-set.ts'

export interface JwksOptions {
  readonly clock: Clock
  /** Is told of issuers that cannot be reached and of keys that are left out. */
  readonly log?: Log
  /** Who fetches; the runtime when absent. */
  readonly fetch?: Fetch
  /** Between two fetches that unknown key ids lead to. 10 seconds when absent. */
  readonly cooldownMillis?: number
  /** A set that is older is fetched again, aside, when one of its keys is asked for. 5 minutes when absent. */
  readonly maxAgeMillis?: number
  /** For a whole fetch. 5 seconds when absent. */
  readonly timeoutMillis?: number
  /** Of an answer. 256 KiB when absent. */
  readonly maxBytes?: number
  /** In a set. 100 when absent. */
  readonly maxKeys?: number
  /** How many issuers' sets are kept; beyond that the one that was not asked for the longest is forgotten. 1,000 when absent. */
  readonly maxIssuers?: number
}

/** Finds the keys of issuers in the JWK Sets that they publish over HTTP. */
export function openJwks(options: JwksOptions): Keys {
  const { maxKeys = 100, maxIssuers = 1000 } = options
  const rules: RefreshRules = {
    clock: options.clock,
    log: options.log,
    cooldownMillis: options.cooldownMillis ?? 10_000,
    maxAgeMillis: options.maxAgeMillis ?? 300_000,
  }
  const limits: FetchLimits = {
    fetch: options.fetch ?? fetch,
    timeoutMillis: options.timeoutMillis ?? 5000,
    maxBytes: options.maxBytes ?? 256 * 1024,
  }
  const issuers = new Map<string, IssuerKeys>()

  const add = (jwksUri: string): IssuerKeys => {
    if (issuers.size >= maxIssuers) forgetOne(issuers)
    const load = async () => readKeySet(await fetchText(jwksUri, limits), maxKeys)
    const issuer = new IssuerKeys(jwksUri, load, rules)
    issuers.set(jwksUri, issuer)
    return issuer
  }

  return { find: (jwksUri, kid) => (issuers.get(jwksUri) ?? add(jwksUri)).find(kid) }
}

function forgetOne(issuers: Map<string, IssuerKeys>): void {
  let oldest: [string, number] = ['', Number.POSITIVE_INFINITY]
  for (const [jwksUri, { usedAt }] of issuers) if (usedAt < oldest[1]) oldest = [jwksUri, usedAt]
  issuers.delete(oldest[0])
}
