import { createHash } from 'node:crypto'
import { Secret } from '@portcullis/kernel/secret'
import { put, remove } from '@portcullis/ports/store/port'
import { provedSignIns } from './collection.ts'
import { upstreamFaults } from './fault.ts'
import type { PendingParts } from './pending.ts'
import type { UpstreamIdentity } from './upstream.ts'

const KEPT_MILLIS = 10 * 60_000

interface Proved {
  readonly provider: string
  readonly identity: UpstreamIdentity
}

/** Who somebody is elsewhere, while they look for the account that is theirs: for one interaction alone, and sealed. */
export class ProvedIdentities {
  readonly #parts: PendingParts
  readonly #organization: string

  constructor(parts: PendingParts, organization: string) {
    this.#parts = parts
    this.#organization = organization
  }

  async keep(id: string, uid: string, provider: string, identity: UpstreamIdentity): Promise<void> {
    const { store, secrets, clock } = this.#parts
    const text = new Secret(JSON.stringify({ provider, identity } satisfies Proved))
    const proved = await secrets.seal(text, this.#context)
    const options = { expiresAt: clock.now() + KEPT_MILLIS }
    await store.commit([put(provedSignIns, this.#organization, keyOf(id), { uid, proved }, options)])
  }

  /** Fault: `upstream.expired`. */
  async find(id: string, uid: string): Promise<Proved> {
    const found = await this.#parts.store.get(provedSignIns, this.#organization, keyOf(id))
    if (found?.value.uid !== uid) throw upstreamFaults.expired()
    const opened = await this.#parts.secrets.open(found.value.proved, this.#context)
    return JSON.parse(opened.reveal()) as Proved
  }

  async forget(id: string): Promise<void> {
    await this.#parts.store.commit([remove(provedSignIns, this.#organization, keyOf(id))])
  }

  get #context(): string {
    return `${this.#organization}/upstream-proved`
  }
}

function keyOf(id: string): string {
  return createHash('sha256').update(id).digest('base64url')
}
