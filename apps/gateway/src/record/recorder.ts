import { setTimeout as sleep } from 'node:timers/promises'
import type { Decision } from '@portcullis/model/decision/decision'
import {
  MAX_DECISIONS,
  openDecisionPacker,
  type PackedBatch,
  packBatch,
} from '@portcullis/model/decision/decision-batch'
import type { Log } from '@portcullis/ports/log/port'

export interface RecorderLimits {
  /** Records that may wait; those above are dropped and counted. */
  readonly maxWaiting: number
  /** Records of one batch of this thread's own: no more, so that they soon leave the heap. */
  readonly pack: number
  /** Records sent at once. */
  readonly batch: number
  readonly flushMillis: number
  readonly maxRetryMillis: number
  /** How long `close` tries to get rid of what waits. */
  readonly closeMillis: number
}

export const recorderLimits: RecorderLimits = {
  maxWaiting: 20_000,
  pack: 250,
  batch: MAX_DECISIONS,
  flushMillis: 250,
  maxRetryMillis: 10_000,
  closeMillis: 3_000,
}

/** Where decision records go. */
export interface DecisionSink {
  /** Resolves once every record is kept; one that it has already it leaves alone, so a batch may be sent again. */
  take(batches: readonly PackedBatch[]): Promise<void>
}

/** Brings decision records to where they are kept, off the path of requests. */
export interface Recorder {
  /** Returns at once, always. */
  record(decision: Decision): void
  /** The same for records that another thread has packed: they are passed on as they are. */
  hand(batch: PackedBatch): void
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
  /** The oldest first. */
  const packed: PackedBatch[] = []
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
    if (packer.size >= limits.pack) pack()
    if (isFull()) wake?.()
  }

  function hand(batch: PackedBatch): void {
    if (waiting + batch.records > limits.maxWaiting) {
      dropped += batch.records
      return
    }
    waiting += batch.records
    packed.push(batch)
    if (isFull()) wake?.()
  }

  function pack(): void {
    if (packer.size > 0) packed.push(packBatch(packer.take()))
  }

  function isFull(): boolean {
    return waiting >= limits.batch
  }

  async function flushUntilClosed(): Promise<void> {
    while (!closing.signal.aborted) {
      await pause()
      await flush()
      reportDrops()
    }
  }

  /**
   * Sends what waits, then only as much as may be sent at once: what came in meanwhile may wait for more, as to send a few
   * costs nearly as much as to send many. After a failure waits longer with every attempt.
   */
  async function flush(): Promise<void> {
    for (let failures = 0; waiting > 0 && !closing.signal.aborted; ) {
      failures = (await flushOnce(failures === 0)) ? 0 : failures + 1
      if (failures === 0 && !isFull()) return
      if (failures === 0) continue
      const millis = Math.min(limits.maxRetryMillis, limits.flushMillis * 2 ** Math.min(failures, 16))
      // Rejects only when closing ends the pause early.
      await sleep(millis * (0.5 + Math.random() / 2), undefined, { signal: closing.signal }).catch(
        () => undefined,
      )
    }
  }

  /** Until there is as much as may be sent at once, or the interval is over. */
  async function pause(): Promise<void> {
    if (isFull()) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, limits.flushMillis)
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    wake = undefined
  }

  /** Sends the oldest, as many as may be sent at once. Nothing is taken out before it was taken in. */
  async function flushOnce(tells: boolean): Promise<boolean> {
    const batches = oldest()
    try {
      await decisions.take(batches)
      for (const batch of batches) forget(batch)
      return true
    } catch (cause) {
      if (tells) log.warn('decision records are not taken; they are kept and sent again', { cause })
      return false
    }
  }

  /** One at least; of this thread's own all that are needed to fill them up. */
  function oldest(): PackedBatch[] {
    pack()
    let records = 0
    const above = packed.findIndex((each, i) => {
      records += each.records
      return i > 0 && records > limits.batch
    })
    return above < 0 ? packed.slice() : packed.slice(0, above)
  }

  /** Once, though it may have been sent a second time before the first was known to be taken. */
  function forget(batch: PackedBatch): void {
    const at = packed.indexOf(batch)
    if (at < 0) return
    packed.splice(at, 1)
    waiting -= batch.records
  }

  function reportDrops(): void {
    if (dropped === reported) return
    log.error('decision records were dropped', { since: dropped - reported, total: dropped })
    reported = dropped
  }

  const running = flushUntilClosed()

  return {
    record,
    hand,
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
