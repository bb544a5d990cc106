import { createHmac, hash, randomBytes } from 'node:crypto'
import { Duration } from '@portcullis/kernel/duration'
import type { Secret } from '@portcullis/kernel/secret'
import type { Collection } from '@portcullis/model/collection'
import type { CheckedBy } from '@portcullis/model/resource/app'
import { addressGroup } from '@portcullis/oauth/address-group'
import { RecentMap } from '@portcullis/policies/memory/recent-map'
import type { Clock } from '@portcullis/ports/clock/port'
import type { Counters, Limit } from '@portcullis/ports/counters/port'
import type { Log } from '@portcullis/ports/log/port'
import { put, type Store } from '@portcullis/ports/store/port'
import type { CheckClient } from './oidc/check-client.ts'
import type { ListProviders } from './providers.ts'

/** A place from which an app has shown its secret lately. */
const clientPlaces: Collection<object> = { name: 'client-place', index: () => ({}) }

export interface CheckedClientParts {
  readonly store: Store
  readonly clock: Clock
  readonly counters: Counters
  readonly log: Log
  readonly organization: string
  readonly listProviders: ListProviders
  /** Of whoever makes the request that is being answered. */
  readonly address: () => string | undefined
}

const TEN_MINUTES_MILLIS = 600_000
/** Secrets of one app that are tried from one place: a few nodes that start at once, and a slip. */
const PLACE_LIMIT: Limit = { limit: 10, windowMillis: TEN_MINUTES_MILLIS, burst: 10, whenAway: 'local' }
/** From all places from which it has not called lately: whoever guesses from a thousand places is slow too, and the app goes on. */
const STRANGER_LIMIT: Limit = { limit: 100, windowMillis: TEN_MINUTES_MILLIS, burst: 100, whenAway: 'local' }
const PLACE_KNOWN_MILLIS = 86_400_000
const MOST_KEPT = 2_000

/**
 * Apps whose secrets an identity provider checks. What it said yes to is remembered for a while (`keepFor`), by a hash that is good in
 * this process alone: a secret that is withdrawn there is refused everywhere when that time is over. What it said no to is not
 * remembered, so each of those takes from a limit. From where an app has shown its secret all nodes know.
 */
export class CheckedClients {
  readonly #parts: CheckedClientParts
  readonly #salt = randomBytes(32)
  /** Until when each counts: milliseconds since the epoch. */
  readonly #proved = new RecentMap<number>(MOST_KEPT)
  readonly #underWay = new Map<string, Promise<boolean>>()

  constructor(parts: CheckedClientParts) {
    this.#parts = parts
  }

  /** Whether the secret is the app's. Rejects with `upstream.unavailable` while the provider can't be asked. */
  async check(app: string, { identityProvider, clientId }: CheckedBy, secret: Secret): Promise<boolean> {
    const provider = (await this.#parts.listProviders()).find(({ name }) => name === identityProvider)
    // One that was removed, disabled or checks nobody any more is over at once, with what it has said.
    if (provider?.spec.type !== 'oidc' || provider.spec.clientChecks === undefined) return false
    if (provider.upstream.by !== 'browser' || provider.upstream.checkClient === undefined) return false
    const proof = this.#proofOf(app, identityProvider, provider.spec.issuer, clientId, secret.reveal())
    const { clock } = this.#parts
    if (clock.now() < (this.#proved.get(proof) ?? 0)) return true
    const known = this.#underWay.get(proof)
    if (known !== undefined) return known
    const keepMillis = Duration.parse(provider.spec.clientChecks.keepFor).milliseconds
    const asking = this.#ask(app, clientId, secret, provider.upstream.checkClient)
      .then((isRight) => {
        if (isRight) this.#proved.set(proof, clock.now() + keepMillis)
        return isRight
      })
      .finally(() => this.#underWay.delete(proof))
    this.#underWay.set(proof, asking)
    return asking
  }

  async #ask(app: string, clientId: string, secret: Secret, checkClient: CheckClient): Promise<boolean> {
    const { store, clock, log, organization, address } = this.#parts
    const place = hash('sha256', JSON.stringify([app, addressGroup(address() ?? '')]), 'base64url')
    if (!(await this.#mayAsk(app, place))) {
      log.warn('Too many secrets of an app were tried; no more are passed on for now.', { organization, app })
      return false
    }
    const isRight = await checkClient(clientId, secret)
    const expiresAt = clock.now() + PLACE_KNOWN_MILLIS
    if (isRight) await store.commit([put(clientPlaces, organization, place, {}, { expiresAt })])
    else log.info('the identity provider refused a client', { organization, app, clientId })
    return isRight
  }

  async #mayAsk(app: string, place: string): Promise<boolean> {
    const { store, counters, organization } = this.#parts
    const isKnown = (await store.get(clientPlaces, organization, place)) !== undefined
    const limits: readonly (readonly [string, Limit])[] = [
      [`client-check/${organization}/${place}`, PLACE_LIMIT],
      ...(isKnown ? [] : [[`client-check/${organization}/${app}`, STRANGER_LIMIT] as const]),
    ]
    for (const [key, limit] of limits) {
      if (!(await counters.take(key, limit, 1)).taken) return false
    }
    return true
  }

  #proofOf(...parts: readonly string[]): string {
    return createHmac('sha256', this.#salt).update(JSON.stringify(parts)).digest('base64url')
  }
}
