import { createHash, randomBytes } from 'node:crypto'
import { Secret } from '@portcullis/kernel/secret'
import type { Clock } from '@portcullis/ports/clock/port'
import type { Secrets } from '@portcullis/ports/secrets/port'
import { put, remove, type Store, storeFaults } from '@portcullis/ports/store/port'
import { type PendingSignIn, pendingSignIns } from './collection.ts'
import { upstreamFaults } from './fault.ts'
import type { SignInDemand } from './upstream.ts'

/** As long as a sign-in of ours waits. */
const PENDING_MILLIS = 15 * 60_000

export interface PendingParts {
  readonly store: Store
  readonly secrets: Secrets
  readonly clock: Clock
}

/** A sign-in whose answer has come. */
export interface AnsweredSignIn {
  readonly provider: string
  readonly demand: SignInDemand
  /** Milliseconds since the epoch. */
  readonly begunAt: number
  readonly kept: Readonly<Record<string, string>>
  readonly parameters: ReadonlyMap<string, string>
}

/**
 * Sign-ins that went off to an identity provider. The answer is written down as it comes, by whatever browser, and looked at
 * once, by the one that began: its cookie does not come along when the provider posts a form (SameSite=Lax).
 */
export class PendingSignIns {
  readonly #parts: PendingParts
  readonly #organization: string

  constructor(parts: PendingParts, organization: string) {
    this.#parts = parts
    this.#organization = organization
  }

  newState(): string {
    return randomBytes(32).toString('base64url')
  }

  async keep(
    state: string,
    signIn: { readonly provider: string; readonly uid: string; readonly demand: SignInDemand },
    kept: Readonly<Record<string, string>>,
  ): Promise<void> {
    const begunAt = this.#parts.clock.now()
    const pending = { ...signIn, begunAt, kept: await this.#seal(JSON.stringify(kept)) }
    const options = { expect: 'absent', expiresAt: begunAt + PENDING_MILLIS } as const
    await this.#parts.store.commit([put(pendingSignIns, this.#organization, idOf(state), pending, options)])
  }

  /** The uid of the interaction that goes on with it. The first answer counts. Fault: `upstream.expired`. */
  async keepAnswer(
    state: string,
    provider: string,
    parameters: ReadonlyMap<string, string>,
  ): Promise<string> {
    const { value, version, expiresAt } = await this.#find(state)
    if (value.provider !== provider || value.answer !== undefined) throw upstreamFaults.expired()
    const answer = await this.#seal(JSON.stringify([...parameters]))
    const options = { expect: version, ...(expiresAt !== undefined && { expiresAt }) }
    const answered = put(pendingSignIns, this.#organization, idOf(state), { ...value, answer }, options)
    await this.#commit(answered)
    return value.uid
  }

  /** What came back, once and for its own interaction alone. Fault: `upstream.expired`. */
  async take(state: string, uid: string): Promise<AnsweredSignIn> {
    const { value, version } = await this.#find(state)
    if (value.uid !== uid || value.answer === undefined) throw upstreamFaults.expired()
    await this.#commit(remove(pendingSignIns, this.#organization, idOf(state), version))
    const { provider, demand, begunAt } = value
    const kept = JSON.parse(await this.#open(value.kept)) as Record<string, string>
    const parameters = new Map(JSON.parse(await this.#open(value.answer)) as [string, string][])
    return { provider, demand, begunAt, kept, parameters }
  }

  async #find(state: string): Promise<{ value: PendingSignIn; version: number; expiresAt?: number }> {
    const found = await this.#parts.store.get(pendingSignIns, this.#organization, idOf(state))
    if (found === undefined) throw upstreamFaults.expired()
    return found
  }

  async #commit(change: Parameters<Store['commit']>[0][number]): Promise<void> {
    try {
      await this.#parts.store.commit([change])
    } catch (thrown) {
      throw storeFaults.conflict.is(thrown) ? upstreamFaults.expired() : thrown
    }
  }

  #seal(text: string): Promise<string> {
    return this.#parts.secrets.seal(new Secret(text), `${this.#organization}/upstream-pending`)
  }

  async #open(sealed: string): Promise<string> {
    return (await this.#parts.secrets.open(sealed, `${this.#organization}/upstream-pending`)).reveal()
  }
}

function idOf(state: string): string {
  return createHash('sha256').update(state).digest('base64url')
}
