import { setTimeout as sleep } from 'node:timers/promises'
import type { Decision } from '@portcullis/model/decision'
import type { Events } from '@portcullis/ports/events/port'
import type { Log } from '@portcullis/ports/log/port'

export interface RecorderLimits {
  /** Records that may wait; those above are dropped and counted. */
  readonly maxWaiting: number
  /** Records sent at once. */
  readonly batch: number
  readonly flushMillis: number
  readonly maxRetryMillis: number
  /** How long `close` tries to get rid of what waits. */
  readonly closeMillis: number
}

export const recorderLimits: RecorderLimits = {
  maxWaiting: 20_000,
  batch: 500,
  flushMillis: 250,
  maxRetryMillis: 10_000,
  closeMillis: 3_000,
}

/** Brings decision records to where they are kept, off the path of requests. */
export interface Recorder {
  /** Returns at once, always. */
  record(decision: Decision): void
  /** Records that were lost because nobody took them in time. */
  dropped(): number
  /** Records that are not taken yet. */
  waiting(): number
  close(): Promise<void>
}

/**
 * Opens a recorder. Records are sent in batches, again and again until they are taken: the port leaves a record alone
 * that it already has. While nobody takes them they wait in bounded memory, and the newest are dropped.
 */
export function openRecorder(
  decisions: Pick<Events, 'append'>,
  log: Log,
  limits: RecorderLimits = recorderLimits,
): Recorder {
  const waiting: Decision[] = []
  const closing = new AbortController()
  let dropped = 0
  let reported = 0
  let wake: (() => void) | undefined

  function record(decision: Decision): void {
    if (waiting.length >= limits.maxWaiting) {
      dropped++
      return
    }
    waiting.push(decision)
    if (waiting.length >= limits.batch) wake?.()
  }

  async function flushUntilClosed(): Promise<void> {
    while (!closing.signal.aborted) {
      await pause()
      await flushAll()
      reportDrops()
    }
  }

  /** After a failure waits longer with every attempt. */
  async function flushAll(): Promise<void> {
    for (let failures = 0; waiting.length > 0 && !closing.signal.aborted; ) {
      failures = (await flushOnce(failures === 0)) ? 0 : failures + 1
      if (failures === 0) continue
      const millis = Math.min(limits.maxRetryMillis, limits.flushMillis * 2 ** Math.min(failures, 16))
      // Rejects only when closing ends the pause early.
      await sleep(millis * (0.5 + Math.random() / 2), undefined, { signal: closing.signal }).catch(
        () => undefined,
      )
    }
  }

  /** Until a batch is full or the interval is over. */
  async function pause(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, limits.flushMillis)
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    wake = undefined
  }

  /** Sends one batch. Nothing is taken out before it was taken in. */
  async function flushOnce(tells: boolean): Promise<boolean> {
    const batch = waiting.slice(0, limits.batch)
    try {
      await decisions.append(batch)
      waiting.splice(0, batch.length)
      return true
    } catch (cause) {
      if (tells) log.warn('decision records are not taken; they are kept and sent again', { cause })
      return false
    }
  }

  function reportDrops(): void {
    if (dropped === reported) return
    log.error('decision records were dropped', { since: dropped - reported, total: dropped })
    reported = dropped
  }

  const running = flushUntilClosed()

  return {
    record,
    dropped: () => dropped,
    waiting: () => waiting.length,
    async close() {
      closing.abort()
      wake?.()
      await running
      const deadline = performance.now() + limits.closeMillis
      while (waiting.length > 0 && performance.now() < deadline) {
        const taken = await Promise.race([flushOnce(true), sleep(limits.closeMillis, false)])
        if (!taken) await sleep(limits.flushMillis)
      }
      dropped += waiting.length
      waiting.length = 0
      reportDrops()
    },
  }
}
