import { Secret } from '@portcullis/kernel/secret'
import type { Clock } from '@portcullis/ports/clock/port'
import { openMemoryTokens } from '@portcullis/ports/tokens/memory'
import type { FetchedToken, FetchToken, Tokens } from '@portcullis/ports/tokens/port'
import type { FromThread, TokenWords, ToThread } from './message.ts'
import { tell, thrownBy } from './told-fault.ts'

export interface AskedTokens {
  readonly tokens: Tokens
  hear(message: Extract<ToThread, { kind: 'token' | 'fetch-token' }>): void
}

interface Question {
  readonly fetch: FetchToken
  readonly answer: PromiseWithResolvers<FetchedToken>
}

/**
 * Tokens that the main thread keeps for all threads, remembered here. Only a thread knows how its tokens are fetched: the
 * main thread, where it has none, lets one of those who ask fetch it, and all others wait for that.
 */
export function openAskedTokens(say: (message: FromThread) => void, clock: Clock): AskedTokens {
  const here = openMemoryTokens({ clock })
  const questions = new Map<number, Question>()
  let last = 0

  function ask(key: string, fetch: FetchToken): Promise<FetchedToken> {
    const answer = Promise.withResolvers<FetchedToken>()
    questions.set(++last, { fetch, answer })
    say({ kind: 'get-token', id: last, key })
    return answer.promise
  }

  async function fetchFor(id: number): Promise<void> {
    try {
      const fetched = await questions.get(id)?.fetch()
      if (fetched === undefined) throw new Error('nobody here asked for this token')
      say({ kind: 'fetched-token', id, fetched: inWords(fetched) })
    } catch (thrown) {
      say({ kind: 'fetched-token', id, failed: tell(thrown) })
    }
  }

  return {
    tokens: {
      get: (key, fetch) => here.get(key, () => ask(key, fetch)),
      drop(key, token) {
        const mayGet = here.drop(key, token)
        if (mayGet) say({ kind: 'drop-token', key, token: inWords(token) })
        return mayGet
      },
    },
    hear(message) {
      if (message.kind === 'fetch-token') {
        void fetchFor(message.id)
        return
      }
      const answer = questions.get(message.id)?.answer
      questions.delete(message.id)
      if (message.failed !== undefined) answer?.reject(thrownBy(message.failed))
      else if (message.found !== undefined) answer?.resolve(fromWords(message.found))
    },
  }
}

/** Secrets can't be cloned. */
export function inWords({ token, fetchedAt, expiresAt }: FetchedToken): TokenWords {
  return { token: token.reveal(), fetchedAt, expiresAt }
}

export function fromWords({ token, fetchedAt, expiresAt }: TokenWords): FetchedToken {
  return { token: new Secret(token), fetchedAt, expiresAt }
}
