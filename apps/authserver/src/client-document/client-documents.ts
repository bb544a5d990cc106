import { appOfDocument, isClientDocumentUrl } from '@portcullis/model/client-document'
import { resources } from '@portcullis/model/collection'
import type { AppSpec } from '@portcullis/model/resource/app'
import { addressGroup } from '@portcullis/oauth/address-group'
import { describeClient } from '@portcullis/oauth/registration/client-document'
import type { Clock } from '@portcullis/ports/clock/port'
import type { Counters, Limit } from '@portcullis/ports/counters/port'
import type { Log } from '@portcullis/ports/log/port'
import type { Store } from '@portcullis/ports/store/port'
import { type AskForDocument, type FetchedDocument, fetchDocument, NoDocument } from './fetch-document.ts'

export interface DocumentParts {
  readonly store: Store
  readonly clock: Clock
  readonly counters: Counters
  readonly log: Log
  readonly organization: string
  readonly ask: AskForDocument
  /** Of whoever makes the request that is being answered, where that is known. */
  readonly address: () => string | undefined
}

/** An app that is declared, and stands for clients that describe themselves. */
interface StandingApp {
  readonly name: string
  readonly spec: AppSpec
}

interface Kept {
  readonly document: unknown
  /** Milliseconds since the epoch: until then nobody is asked. */
  readonly freshUntil: number
  /** Until then it still counts while its host is away. */
  readonly keptUntil: number
}

const MOST_KEPT = 500
const MOST_UNDER_WAY = 16
/** What a caller names is fetched so often at most: each of their clients once, and a few slips. */
const FETCH_LIMIT: Limit = { limit: 30, windowMillis: 60_000, burst: 30 }
const KEPT_WHILE_AWAY_MILLIS = 86_400_000
const ASK_AGAIN_MILLIS = 60_000

/**
 * Clients whose `client_id` is the address of a document in which they describe themselves, where an app is declared that
 * stands for them. A document that can't be fetched or is not taken makes no client: callers hear that there is none, and
 * operators read why.
 */
export class ClientDocuments {
  readonly #parts: DocumentParts
  readonly #kept = new Map<string, Kept>()
  readonly #underWay = new Map<string, Promise<FetchedDocument>>()

  constructor(parts: DocumentParts) {
    this.#parts = parts
  }

  /** Whether the organization has such clients at all. */
  async areTaken(): Promise<boolean> {
    return (await this.#standing()).some(({ spec }) => !spec.disabled)
  }

  /** The name of the app that stands for a client, disabled or not; absent where the client is none of these. */
  async standsFor(client: string): Promise<string | undefined> {
    return isClientDocumentUrl(client) ? (await this.#standingFor(client))?.name : undefined
  }

  /** The client as an app; absent where there is none that is taken. */
  async find(id: string): Promise<AppSpec | undefined> {
    const standing = await this.#standingFor(id)
    if (standing === undefined || standing.spec.disabled) return undefined
    try {
      return await this.#describe(id, standing)
    } catch (thrown) {
      if (!(thrown instanceof NoDocument)) throw thrown
      const { log, organization } = this.#parts
      log.warn('The document of a client is not taken.', {
        organization,
        client: id,
        app: standing.name,
        reason: thrown.message,
      })
      return undefined
    }
  }

  async #describe(id: string, { spec }: StandingApp): Promise<AppSpec> {
    const { clock } = this.#parts
    const known = this.#kept.get(id)
    if (known !== undefined && clock.now() < known.freshUntil) return appOf(id, known.document, spec)
    const fetched = await this.#fetch(id, known)
    // Neither an error nor a document that is not taken is kept (draft §5.2).
    const app = appOf(id, fetched.document, spec)
    this.#keep(id, fetched)
    return app
  }

  /** While its host is away, what it said before counts for a day: what has begun goes on. */
  async #fetch(id: string, known: Kept | undefined): Promise<Kept> {
    const now = this.#parts.clock.now()
    try {
      const { document, freshMillis } = await this.#fetchOnce(id)
      const freshUntil = now + freshMillis
      return { document, freshUntil, keptUntil: freshUntil + KEPT_WHILE_AWAY_MILLIS }
    } catch (thrown) {
      const mayGoOn = thrown instanceof NoDocument && thrown.isAway && known !== undefined
      if (mayGoOn && now < known.keptUntil) return { ...known, freshUntil: now + ASK_AGAIN_MILLIS }
      this.#kept.delete(id)
      throw thrown
    }
  }

  /** One fetch for all who wait. */
  async #fetchOnce(id: string): Promise<FetchedDocument> {
    const underWay = this.#underWay.get(id)
    if (underWay !== undefined) return underWay
    await this.#demandSeldom()
    const { ask, clock } = this.#parts
    const fetching = fetchDocument(id, ask, clock.now()).finally(() => this.#underWay.delete(id))
    this.#underWay.set(id, fetching)
    return fetching
  }

  /** Who is asked is not to be flooded through us, and not by whoever makes up addresses below a place. */
  async #demandSeldom(): Promise<void> {
    const { counters, organization, address } = this.#parts
    if (this.#underWay.size >= MOST_UNDER_WAY) throw new NoDocument('too many are being fetched', true)
    const from = address()
    if (from === undefined) return
    const take = await counters.take(`client-document/${organization}/${addressGroup(from)}`, FETCH_LIMIT, 1)
    if (!take.taken) throw new NoDocument(`${from} has named too many`, true)
  }

  #keep(id: string, kept: Kept): void {
    this.#kept.delete(id)
    this.#kept.set(id, kept)
    const [oldest] = this.#kept.keys()
    if (this.#kept.size > MOST_KEPT && oldest !== undefined) this.#kept.delete(oldest)
  }

  async #standingFor(id: string): Promise<StandingApp | undefined> {
    const all = await this.#standing()
    const places = all.flatMap(({ name, spec }) =>
      (spec.clientDocuments ?? []).map((place) => ({ place, app: name })),
    )
    const name = appOfDocument(places, id)
    return all.find((each) => each.name === name)
  }

  /** Read each time, so that a place that was taken back is over at once. */
  async #standing(): Promise<StandingApp[]> {
    const where = { attribute: 'documents', equals: 'yes' }
    const found = await this.#parts.store.find(resources, this.#parts.organization, { where })
    return found.flatMap(({ value }) => (value.kind === 'App' ? [value] : []))
  }
}

function appOf(id: string, document: unknown, standing: AppSpec): AppSpec {
  const described = describeClient(id, document, standing)
  if ('refusal' in described) throw new NoDocument(described.refusal, false)
  return described.app
}
