import { setTimeout as sleep } from 'node:timers/promises'
import type { Secret } from '@portcullis/kernel/secret'
import { countersFaults } from '@portcullis/ports/counters/port'
import type { Log } from '@portcullis/ports/log/port'
import { Redis } from 'iovalkey'
import type { Script } from './script.ts'

export interface ConnectionOptions {
  /** `redis://` or `rediss://` (TLS), with user, password and number of the database where there are any. */
  readonly url: Secret
  /** How long an answer may take before the engine counts as away. */
  readonly timeoutMillis: number
  readonly log?: Log | undefined
}

/** A connection to the engine, over which questions of one turn of the event loop go together. */
export interface Connection {
  /** Rejects with `counters.unavailable`, at once while the engine is known to be away. */
  run(script: Script, keys: readonly string[], values: readonly (string | number)[]): Promise<unknown>
  close(): Promise<void>
}

const CONNECT_TIMEOUT_MILLIS = 2_000
const LONGEST_PAUSE_MILLIS = 1_000
const PROBE_EVERY_MILLIS = 500

/**
 * Opens a connection and keeps it open. Nothing waits for an engine that is away: what is asked then is refused at once, and
 * nothing is sent again, as it might be counted twice. Only who asks right after the beginning waits for it to connect.
 */
export function openConnection({ url, timeoutMillis, log }: ConnectionOptions): Connection {
  const redis = new Redis(url.reveal(), {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    enableAutoPipelining: true,
    commandTimeout: timeoutMillis,
    connectTimeout: CONNECT_TIMEOUT_MILLIS,
    retryStrategy: (times) => Math.min(LONGEST_PAUSE_MILLIS, 25 * 2 ** Math.min(times, 10)),
  })
  const closing = new AbortController()
  let isAway = false
  let isBegun = false
  const begun = new Promise<void>((resolve) => {
    redis.once('ready', resolve)
    redis.once('close', resolve)
    redis.once('end', resolve)
  }).then(() => {
    isBegun = true
  })
  redis.on('error', (error: Error) => tellAway(error.message))
  redis.on('close', () => tellAway('the connection was closed'))
  redis.on('ready', () => tellBack())

  function tellAway(reason: string): void {
    if (isAway || closing.signal.aborted) return
    isAway = true
    log?.warn('the shared counters are away', { reason })
  }

  function tellBack(): void {
    if (isAway) log?.info('the shared counters are back')
    isAway = false
  }

  /** An engine that has stopped answering on a connection that stands. */
  async function probe(): Promise<void> {
    while (isAway && !closing.signal.aborted) {
      await sleep(PROBE_EVERY_MILLIS, undefined, { ref: false, signal: closing.signal }).catch(
        () => undefined,
      )
      if (closing.signal.aborted || redis.status !== 'ready') return
      await redis.ping().then(tellBack, () => undefined)
    }
  }

  function failed(error: Error): never {
    const isAnswer = error.name === 'ReplyError'
    if (!isAnswer && !isAway) {
      tellAway(error.message)
      void probe()
    }
    // Errors of this library carry the command with its arguments, which may be a password: only the words are kept.
    throw countersFaults.unavailable({ internal: error.message })
  }

  async function evaluate(
    { text, sha }: Script,
    keys: readonly string[],
    values: readonly (string | number)[],
  ) {
    try {
      return await redis.evalsha(sha, keys.length, ...keys, ...values)
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error
      return await redis.eval(text, keys.length, ...keys, ...values)
    }
  }

  return {
    async run(script, keys, values) {
      if (!isBegun) await begun
      if (isAway || redis.status !== 'ready') {
        throw countersFaults.unavailable({ internal: `the engine is away (${redis.status})` })
      }
      return evaluate(script, keys, values).catch(failed)
    },
    async close() {
      closing.abort()
      redis.disconnect()
    },
  }
}
