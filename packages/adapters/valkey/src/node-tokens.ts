import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Secret } from '@portcullis/kernel/secret'
import type { Clock } from '@portcullis/ports/clock/port'
import { countersFaults } from '@portcullis/ports/counters/port'
import type { Secrets } from '@portcullis/ports/secrets/port'
import { openMemoryTokens } from '@portcullis/ports/tokens/memory'
import type { FetchedToken, FetchToken, Tokens } from '@portcullis/ports/tokens/port'
import { openConnection } from './connection.ts'
import { claimScript, settleScript } from './script.ts'

export interface NodeTokensOptions {
  readonly url: Secret
  readonly timeoutMillis: number
  /** Seals what is kept in the engine: the same key on all nodes. */
  readonly secrets: Secrets
  readonly clock: Clock
  /** Names that begin otherwise are somebody else's. */
  readonly prefix?: string
}

/** Longer than a fetch takes. Whoever has a claim and dies is waited for no longer. */
const CLAIM_MILLIS = 10_000
const LOOK_MILLIS = 20
/** Of its life: from then on a token is fetched anew, which is what those do who keep one in memory. */
const FRESH_SHARE = 0.7

/**
 * Tokens for backends that all nodes share: kept in Valkey or Redis, sealed, and in the memory of each node. Whoever needs
 * one that nobody has claims the right to fetch it, and the others wait for what it gets. While the engine is away each
 * node fetches its own.
 */
export function openNodeTokens(options: NodeTokensOptions): Tokens & { close(): Promise<void> } {
  const { secrets, clock, prefix = 'portcullis' } = options
  const connection = openConnection(options)
  const local = openMemoryTokens({ clock })
  const me = randomUUID()
  /** By the key, what a backend refused: whoever has it in the engine is not helped by it. */
  const refused = new Map<string, FetchedToken>()

  async function share(key: string, fetch: FetchToken): Promise<FetchedToken> {
    const names = [`${prefix}:{token:${key}}:value`, `${prefix}:{token:${key}}:claim`]
    let useless = ''
    for (let waited = 0; waited < CLAIM_MILLIS; ) {
      const answer = await claim(names, useless)
      if (answer === undefined) break
      const [kept, isMine] = answer
      if (isMine) return fetchFor(key, names, fetch)
      if (kept === '') {
        await sleep(LOOK_MILLIS)
        waited += LOOK_MILLIS
        continue
      }
      const token = await openToken(kept, key)
      if (token !== undefined && isFresh(token, key)) return token
      useless = kept
    }
    return fetch()
  }

  /** `undefined` while the engine is away. */
  async function claim(names: readonly string[], useless: string): Promise<[string, boolean] | undefined> {
    const answer = await run(connection.run(claimScript, names, [useless, me, CLAIM_MILLIS]))
    if (answer === undefined) return undefined
    const [kept, isMine] = answer as [string, number]
    return [kept, isMine === 1]
  }

  async function fetchFor(key: string, names: readonly string[], fetch: FetchToken): Promise<FetchedToken> {
    let sealed = ''
    let keptMillis = 0
    try {
      const token = await fetch()
      keptMillis = Math.max(1, Math.floor(token.expiresAt - clock.now()))
      sealed = await secrets.seal(writeToken(token), contextOf(key))
      return token
    } finally {
      await run(connection.run(settleScript, names, [me, sealed, keptMillis]))
    }
  }

  function isFresh({ token, fetchedAt, expiresAt }: FetchedToken, key: string): boolean {
    if (refused.get(key)?.token.equals(token) === true) return false
    return clock.now() < fetchedAt + (expiresAt - fetchedAt) * FRESH_SHARE
  }

  /** What can't be opened was sealed with the key of somebody else: as good as nothing. */
  async function openToken(sealed: string, key: string): Promise<FetchedToken | undefined> {
    const opened = await secrets.open(sealed, contextOf(key)).catch(() => undefined)
    return opened && readToken(opened)
  }

  return {
    get: (key, fetch) => local.get(key, () => share(key, fetch)),
    drop(key, token) {
      const mayHaveAnother = local.drop(key, token)
      if (mayHaveAnother) {
        if (refused.size >= MOST_REFUSED) refused.clear()
        refused.set(key, token)
      }
      return mayHaveAnother
    },
    close: () => connection.close(),
  }
}

const MOST_REFUSED = 1_000

/** An engine that is away keeps nothing from us that we could not fetch ourselves. */
async function run(asked: Promise<unknown>): Promise<unknown> {
  try {
    return await asked
  } catch (thrown) {
    if (countersFaults.unavailable.is(thrown)) return undefined
    throw thrown
  }
}

/** A sealed token opens for its own key alone. */
function contextOf(key: string): string {
  return `gateway/backend-token/${key}`
}

function writeToken({ token, fetchedAt, expiresAt }: FetchedToken): Secret {
  return new Secret(JSON.stringify([fetchedAt, expiresAt, token.reveal()]))
}

function readToken(opened: Secret): FetchedToken {
  const [fetchedAt, expiresAt, token] = JSON.parse(opened.reveal()) as [number, number, string]
  return { fetchedAt, expiresAt, token: new Secret(token) }
}
