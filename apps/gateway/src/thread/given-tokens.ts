import { setTimeout as sleep } from 'node:timers/promises'
import type { FetchedToken, Tokens } from '@portcullis/ports/tokens/port'
import { fromWords, inWords } from './asked-tokens.ts'
import type { FromThread, ToThread } from './message.ts'
import { tell, thrownBy } from './told-fault.ts'

type Heard = Extract<FromThread, { kind: 'get-token' | 'fetched-token' | 'drop-token' }>

/** One thread's questions for tokens, answered out of those that are kept for all. */
export interface GivenTokens {
  hear(message: Heard): void
  /** The thread has ended: what it was fetching for all somebody else must fetch. */
  end(why: Error): void
}

/** The thread that fetched for all has ended; after this while its failure is no longer told again. */
const FETCH_AGAIN_MILLIS = 1_100

/** That whoever was to fetch has ended is no failure of the token. */
class FetcherEnded extends Error {
  override readonly name = 'FetcherEnded'
}

export function openGivenTokens(tokens: Tokens, say: (message: ToThread) => void): GivenTokens {
  const fetching = new Map<number, PromiseWithResolvers<FetchedToken>>()
  let isOver = false

  async function answer(id: number, key: string): Promise<void> {
    try {
      say({ kind: 'token', id, found: inWords(await get(key, id)) })
    } catch (thrown) {
      say({ kind: 'token', id, failed: tell(thrown) })
    }
  }

  async function get(key: string, id: number): Promise<FetchedToken> {
    try {
      return await tokens.get(key, () => fetchedBy(id))
    } catch (thrown) {
      if (!(thrown instanceof FetcherEnded) || isOver) throw thrown
      await sleep(FETCH_AGAIN_MILLIS)
      return tokens.get(key, () => fetchedBy(id))
    }
  }

  function fetchedBy(id: number): Promise<FetchedToken> {
    const fetched = Promise.withResolvers<FetchedToken>()
    fetching.set(id, fetched)
    say({ kind: 'fetch-token', id })
    return fetched.promise
  }

  return {
    hear(message) {
      switch (message.kind) {
        case 'get-token':
          void answer(message.id, message.key)
          return
        case 'drop-token':
          tokens.drop(message.key, fromWords(message.token))
          return
        case 'fetched-token': {
          const fetched = fetching.get(message.id)
          fetching.delete(message.id)
          if (message.failed !== undefined) fetched?.reject(thrownBy(message.failed))
          else if (message.fetched !== undefined) fetched?.resolve(fromWords(message.fetched))
        }
      }
    },
    end(why) {
      isOver = true
      for (const { reject } of fetching.values()) reject(new FetcherEnded(why.message, { cause: why }))
      fetching.clear()
    },
  }
}
