import { setTimeout as sleep } from 'node:timers/promises'
import type { Decision } from '@portcullis/model/decision/decision'
import { type DecisionBatch, openDecisionPacker } from '@portcullis/model/decision/decision-batch'
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
  batch: 1_000,
  flushMillis: 250,
  maxRetryMillis: 10_000,
  closeMillis: 3_000,
}

/** Where decision records go. */
export interface DecisionSink {
  /** Resolves once every record is kept; one that it has already it leaves alone, so a batch may be sent again. */
  take(batch: DecisionBatch): Promise<void>
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
 * Opens a recorder. Records are packed at once, when all that they say is at hand, and sent in batches, again and again
 * until they are taken. While nobody takes them they wait in bounded memory, and the newest are dropped.
 */
export function openRecorder(
  decisions: DecisionSink,
  log: Log,
  limits: RecorderLimits = recorderLimits,
): Recorder {
  const packer = openDecisionPacker()
  /** Closed batches, the oldest first. */
  const closed: DecisionBatch[] = []
  let waiting = 0
  const closing = new AbortController()
  let dropped = 0
  let reported = 0
  let wake: (() => void) | undefined

  function record(decision: Decision): void {
    if (waiting >= limits.maxWaiting) {
      dropped++
      return
    }
    waiting++
    packer.add(decision)
    if (packer.size < limits.batch) return
    closed.push(packer.take())
    wake?.()
  }

  async function flushUntilClosed(): Promise<void> {
    while (!closing.signal.aborted) {
      await pause()
      await flush()
      reportDrops()
    }
  }

  /**
   * Sends what waits, then only batches that are full: what came in meanwhile may wait for more, as a batch of a few costs
   * nearly as much as one of many. After a failure waits longer with every attempt.
   */
  async function flush(): Promise<void> {
    for (let failures = 0; waiting > 0 && !closing.signal.aborted; ) {
      failures = (await flushOnce(failures === 0)) ? 0 : failures + 1
      if (failures === 0 && closed.length === 0) return
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
    if (closed.length > 0) return
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
    if (closed.length === 0) closed.push(packer.take())
    const [batch] = closed as [DecisionBatch]
    try {
      await decisions.take(batch)
      forget(batch)
      return true
    } catch (cause) {
      if (tells) log.warn('decision records are not taken; they are kept and sent again', { cause })
      return false
    }
  }

  /** Once, though it may have been sent a second time before the first was known to be taken. */
  function forget(batch: DecisionBatch): void {
    const at = closed.indexOf(batch)
    if (at < 0) return
    closed.splice(at, 1)
    waiting -= batch.id.length
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
    waiting: () => waiting,
    async close() {
      closing.abort()
      wake?.()
      await running
      const deadline = performance.now() + limits.closeMillis
      while (waiting > 0 && performance.now() < deadline) {
        const taken = await Promise.race([flushOnce(true), sleep(limits.closeMillis, false)])
        if (!taken) await sleep(limits.flushMillis)
      }
      dropped += waiting
      waiting = 0
      reportDrops()
    },
  }
}
