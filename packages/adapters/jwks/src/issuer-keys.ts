import type { Clock } from '@portcullis/ports/clock/port'
import { keysFaults, type VerificationKey } from '@portcullis/ports/keys/port'
import type { Log } from '@portcullis/ports/log/port'
import type { KeySet } from './key-set.ts'

export interface RefreshRules {
  readonly clock: Clock
  readonly log: Log | undefined
  /** Between two fetches that an unknown key id leads to. */
  readonly cooldownMillis: number
  /** A set that is older is fetched anew while it stays in use. */
  readonly maxAgeMillis: number
}

/** After an outage the first retry comes soon, each further one after twice the time, up to the cooldown. */
const FIRST_RETRY_MILLIS = 1000

/** The keys of one issuer: the last good set, and when it may be fetched again. */
export class IssuerKeys {
  readonly #jwksUri: string
  readonly #load: () => Promise<KeySet>
  readonly #rules: RefreshRules
  #set: KeySet | undefined
  #fetchedAt = Number.NEGATIVE_INFINITY
  #nextFetchAt = Number.NEGATIVE_INFINITY
  #failures = 0
  #pending: Promise<void> | undefined
  #lastRefusals = ''
  /** When it was last asked for a key. */
  usedAt = 0

  constructor(jwksUri: string, load: () => Promise<KeySet>, rules: RefreshRules) {
    this.#jwksUri = jwksUri
    this.#load = load
    this.#rules = rules
  }

  find(kid: string): VerificationKey | undefined | Promise<VerificationKey | undefined> {
    const now = this.#rules.clock.now()
    this.usedAt = now
    const known = this.#set?.keys.get(kid)
    if (known === undefined) return this.#findUnknown(kid, now)
    if (now - this.#fetchedAt > this.#rules.maxAgeMillis && now >= this.#nextFetchAt) void this.#refresh()
    return known
  }

  #findUnknown(kid: string, now: number): undefined | Promise<VerificationKey | undefined> {
    if (this.#pending !== undefined || now >= this.#nextFetchAt) {
      return this.#refresh().then(() => this.#answer(kid))
    }
    if (this.#failures > 0) return Promise.reject(this.#unavailable())
    return undefined
  }

  /** After a fetch that failed nobody knows whether the issuer has such a key: to say that it has not would be made up. */
  #answer(kid: string): VerificationKey | undefined {
    const key = this.#set?.keys.get(kid)
    if (key === undefined && this.#failures > 0) throw this.#unavailable()
    return key
  }

  #unavailable(): Error {
    return keysFaults.unavailable({
      internal: `${this.#jwksUri} did not answer ${this.#failures} times in a row`,
    })
  }

  /** One fetch for all who ask while it is under way. Never rejects. */
  #refresh(): Promise<void> {
    this.#pending ??= this.#fetch().finally(() => {
      this.#pending = undefined
    })
    return this.#pending
  }

  async #fetch(): Promise<void> {
    const { clock, log, cooldownMillis } = this.#rules
    try {
      const set = await this.#load()
      this.#set = set
      this.#fetchedAt = clock.now()
      this.#nextFetchAt = this.#fetchedAt + cooldownMillis
      this.#failures = 0
      this.#tellRefusals(set)
    } catch (cause) {
      const wait = Math.min(cooldownMillis, FIRST_RETRY_MILLIS * 2 ** Math.min(this.#failures, 20))
      this.#failures++
      this.#nextFetchAt = clock.now() + wait
      const consequence =
        this.#set === undefined ? 'no token of it can be verified' : 'its last good keys stay in use'
      log?.warn(`The keys of an issuer cannot be fetched; ${consequence}.`, { jwksUri: this.#jwksUri, cause })
    }
  }

  /** Once for every change, not with every fetch. */
  #tellRefusals({ refused }: KeySet): void {
    const refusals = JSON.stringify(refused)
    if (refusals !== this.#lastRefusals && refused.length > 0) {
      this.#rules.log?.warn('Some keys of an issuer are left out.', { jwksUri: this.#jwksUri, refused })
    }
    this.#lastRefusals = refusals
  }
}
