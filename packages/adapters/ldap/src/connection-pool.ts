import type { LdapDirectory } from '@portcullis/ports/identities/port'
import { Client, ResultCodeError } from 'ldapts'

/** Connections to the servers of one directory: as many as may be at once, each for one caller at a time. */
export interface ConnectionPool {
  /** Lends a connection, which is kept for others if `keep` says so and nothing failed. */
  use<T>(work: Work<T>, options: { readonly keep: boolean }): Promise<T>
  close(): Promise<void>
}

type Work<T> = (client: Client) => Promise<T>

/** Without an answer for so long a directory has closed a connection, or will. */
const IDLE_MILLIS = 60_000
/** As many may wait for a connection; more of them are an overload that nobody survives by waiting. */
const MAX_WAITING = 1_000

interface Idle {
  readonly client: Client
  readonly since: number
}

export class PoolExhausted extends Error {
  override readonly name = 'PoolExhausted'
}

export function openConnectionPool(directory: LdapDirectory): ConnectionPool {
  const { urls, startTls, authorities, timeoutMillis, maxConnections } = directory
  const tlsOptions = {
    minVersion: 'TLSv1.2' as const,
    rejectUnauthorized: true,
    ...(authorities !== undefined && { ca: authorities }),
  }
  const idle: Idle[] = []
  const waiting: (() => void)[] = []
  let open = 0

  /** It connects with the first thing that it is asked. */
  async function openClient(url: string): Promise<Client> {
    const isTls = url.startsWith('ldaps:')
    const limits = { timeout: timeoutMillis, connectTimeout: timeoutMillis }
    const client = new Client({ url, ...limits, ...(isTls && { tlsOptions }) })
    if (startTls && !isTls) await client.startTLS({ ...tlsOptions, servername: URL.parse(url)?.hostname })
    return client
  }

  /** What is asked changes nothing, so it may be asked again elsewhere where there was no answer. */
  async function askOne<T>(work: Work<T>, keep: boolean): Promise<T> {
    const known = keep ? await recent() : undefined
    let last: unknown
    for (const open of [
      ...(known === undefined ? [] : [async () => known]),
      ...urls.map((url) => () => openClient(url)),
    ]) {
      let client: Client | undefined
      try {
        client = await open()
        const result = await work(client)
        if (keep) idle.push({ client, since: performance.now() })
        else await closed(client)
        return result
      } catch (thrown) {
        last = thrown
        if (client !== undefined) await closed(client)
        if (thrown instanceof ResultCodeError) break
      }
    }
    throw last
  }

  async function take(): Promise<void> {
    if (open < maxConnections) {
      open++
      return
    }
    if (waiting.length >= MAX_WAITING) throw new PoolExhausted('too many wait for the directory')
    await new Promise<void>((resolve) => waiting.push(resolve))
  }

  /** The place of who has done goes to who waits. */
  function release(): void {
    const next = waiting.shift()
    if (next === undefined) open--
    else next()
  }

  async function recent(): Promise<Client | undefined> {
    for (let last = idle.pop(); last !== undefined; last = idle.pop()) {
      if (last.client.isConnected && performance.now() - last.since < IDLE_MILLIS) return last.client
      await closed(last.client)
    }
    return undefined
  }

  return {
    async use(work, { keep }) {
      await take()
      try {
        return await askOne(work, keep)
      } finally {
        release()
      }
    },
    async close() {
      await Promise.all(idle.splice(0).map(({ client }) => closed(client)))
    },
  }
}

/** Whatever it was: it is not used again. */
async function closed(client: Client): Promise<void> {
  await client.unbind().catch(() => undefined)
}
