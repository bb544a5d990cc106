import type { ApiClient } from '@portcullis/api-client/client'
import { type News, type NewsOf, noNews, type Told, type Topic, withNews } from '@portcullis/model/news/news'
import type { Clock } from '@portcullis/ports/clock/port'
import type { Log } from '@portcullis/ports/log/port'
import type { ControlPlane } from '../control-plane/control-plane.ts'
import { jittered, pause, retrying } from '../forwarder/retrying.ts'
import type { Front } from '../front.ts'
import type { Follower } from './follow-changes.ts'
import type { NewsFile } from './news-file.ts'

/** Keeps a front at what the control plane tells of a topic. */
export interface NewsSource extends Follower {
  close(): Promise<void>
}

/** How a topic is asked about. */
export interface NewsRoute<T extends Topic> {
  fetch(client: ApiClient, after: number, signal: AbortSignal): Promise<NewsPage<Told[T]>>
  /** Tells the control plane that all up to a position is in force here; absent where it does not ask. */
  acknowledge?(client: ApiClient, gateway: string, position: number, signal: AbortSignal): Promise<unknown>
}

export interface NewsPage<E> {
  readonly position: number
  readonly complete: boolean
  readonly entries: readonly E[]
}

export const newsRoutes: { readonly [T in Topic]: NewsRoute<T> } = {
  revocation: {
    async fetch(client, after, signal) {
      const { revocations, ...page } = await client.listRevocations({ query: { after }, signal })
      return { ...page, entries: revocations }
    },
    acknowledge: (client, gateway, position, signal) =>
      client.acknowledgeRevocations({ body: { gateway, position }, signal }),
  },
  'api-key': {
    async fetch(client, after, signal) {
      const { apiKeys, ...page } = await client.listApiKeys({ query: { after }, signal })
      return { ...page, entries: apiKeys }
    },
  },
  disconnection: {
    async fetch(client, after, signal) {
      const { disconnections, ...page } = await client.listDisconnections({ query: { after }, signal })
      return { ...page, entries: disconnections }
    },
  },
}

export interface NewsSourceOptions<T extends Topic> {
  readonly topic: T
  readonly route: NewsRoute<T>
  readonly gatewayId: string
  readonly controlPlane: ControlPlane
  readonly file: NewsFile<T>
  readonly front: Pick<Front, 'learn'>
  readonly clock: Clock
  readonly log: Log
  /** How often the control plane is asked although it would tell; each time it hears that this gateway is there. */
  readonly pollMillis: number
  readonly maxRetryMillis: number
}

/**
 * Opens the source: first what is on the disk, then what the control plane tells of. A position is acknowledged only once
 * every thread goes by it and it lies on the disk.
 */
export async function openNewsSource<T extends Topic>(options: NewsSourceOptions<T>): Promise<NewsSource> {
  const { topic, route, gatewayId, controlPlane, file, front, clock, log } = options
  const closing = new AbortController()
  const { signal } = closing
  let known: NewsOf<T> = noNews(topic)
  let position = 0
  let syncing: Promise<void> | undefined
  let syncAgain = false

  async function startFromDisk(): Promise<void> {
    try {
      const kept = await file.read()
      await front.learn(asNews(kept))
      known = kept
      position = kept.position
    } catch (cause) {
      log.error('what was told before cannot be read; it is asked for anew', { topic, cause })
    }
  }

  /** Whoever asks while it runs gets one more run after it. */
  function sync(): Promise<void> {
    syncAgain = syncing !== undefined
    syncing ??= syncAll().finally(() => {
      syncing = undefined
    })
    return syncing
  }

  async function syncAll(): Promise<void> {
    do {
      syncAgain = false
      while (!(await fetchPage())) {}
      await controlPlane.call(async (client) => route.acknowledge?.(client, gatewayId, position, signal))
    } while (syncAgain)
  }

  /** Resolves to whether it was the last. */
  async function fetchPage(): Promise<boolean> {
    const page = await controlPlane.call((client) => route.fetch(client, position, signal))
    if (page.position < position) {
      // Its store was lost, or it is another one. What it has is asked for from the beginning, and nothing is forgotten.
      log.warn('the control plane knows less than before', {
        topic,
        before: position,
        now: page.position,
      })
      position = 0
      return false
    }
    if (page.position > position) {
      const news: NewsOf<T> = { topic, entries: page.entries, position: page.position }
      await front.learn(asNews(news))
      known = withNews(known, news, clock.now())
      position = page.position
      await file.write(known)
    }
    return page.complete
  }

  async function poll(): Promise<void> {
    await retrying(signal, options.maxRetryMillis, async () => {
      try {
        await sync()
      } catch (cause) {
        if (!signal.aborted) log.warn('the control plane does not tell what is new', { topic, cause })
        throw cause
      }
      await pause(jittered(options.pollMillis), signal)
    })
  }

  await startFromDisk()
  const running = poll()

  return {
    event: topic,
    syncSoon() {
      // The poll tells of an outage, and asks again.
      sync().catch((cause: unknown) => log.debug('news could not be fetched', { topic, cause }))
    },
    async close() {
      closing.abort()
      await running
      await syncing?.catch(() => undefined)
    },
  }
}

/** The compiler does not see that news of one topic are news of some topic. */
function asNews<T extends Topic>(news: NewsOf<T>): News {
  return news as unknown as News
}
