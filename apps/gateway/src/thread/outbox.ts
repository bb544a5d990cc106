import type { Decision } from '@portcullis/model/decision/decision'
import { openDecisionPacker, type PackedBatch, packBatch } from '@portcullis/model/decision/decision-batch'
import type { Log, LogFields } from '@portcullis/ports/log/port'
import type { LogLine, Report } from './message.ts'

export interface OutboxLimits {
  /** Records that may wait; those above are dropped and counted. */
  readonly maxDecisions: number
  readonly maxLines: number
  /** Records, or lines, of one report. */
  readonly batch: number
  readonly flushMillis: number
}

const outboxLimits: OutboxLimits = {
  maxDecisions: 20_000,
  maxLines: 1_000,
  batch: 250,
  flushMillis: 50,
}

/** What a thread has to tell, until the main thread takes it. */
export interface Outbox {
  record(decision: Decision): void
  readonly log: Log
  /** The last report was taken. */
  taken(): void
  /** Resolves once everything is told and taken. */
  empty(): Promise<void>
}

/**
 * Opens an outbox. Reports leave in batches and one at a time, the next when the last was taken: a main thread
 * that is busy finds a bounded amount, here and in its own queue, and what is above that is dropped and counted.
 */
export function openOutbox(
  send: (report: Report) => void,
  plain: (fields: LogFields) => LogFields,
  limits: OutboxLimits = outboxLimits,
): Outbox {
  const packer = openDecisionPacker()
  /** Full batches that wait until those before them are taken. */
  const full: PackedBatch[] = []
  let lines: LogLine[] = []
  let dropped = { decisions: 0, lines: 0 }
  let underWay = false
  let timer: NodeJS.Timeout | undefined
  let emptied: (() => void) | undefined

  function record(decision: Decision): void {
    if (full.length * limits.batch + packer.size >= limits.maxDecisions) dropped.decisions++
    else packer.add(decision)
    if (packer.size >= limits.batch) full.push(packBatch(packer.take()))
    if (full.length > 0) sendNext()
    else sendSoon()
  }

  function write(level: LogLine['level'], message: string, fields?: LogFields): void {
    if (lines.length >= limits.maxLines) dropped.lines++
    else lines.push({ level, message, fields: fields && plain(fields) })
    sendSoon()
  }

  function sendSoon(): void {
    if (underWay) return
    timer ??= setTimeout(sendNext, limits.flushMillis)
  }

  function sendNext(): void {
    if (underWay) return
    clearTimeout(timer)
    timer = undefined
    if (isEmpty()) return
    underWay = true
    const decisions = full.shift() ?? (packer.size === 0 ? undefined : packBatch(packer.take()))
    const toldLines = lines.slice(0, limits.batch)
    lines = lines.slice(toldLines.length)
    const toldDrops = dropped
    dropped = { decisions: 0, lines: 0 }
    send({ ...(decisions && { decisions }), lines: toldLines, dropped: toldDrops })
  }

  function isEmpty(): boolean {
    return full.length + packer.size + lines.length + dropped.decisions + dropped.lines === 0
  }

  const at =
    (level: LogLine['level']) =>
    (message: string, fields?: LogFields): void =>
      write(level, message, fields)

  return {
    record,
    log: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') },
    taken() {
      underWay = false
      if (isEmpty()) emptied?.()
      else if (emptied !== undefined || full.length > 0) sendNext()
      else sendSoon()
    },
    empty() {
      if (isEmpty() && !underWay) return Promise.resolve()
      const { promise, resolve } = Promise.withResolvers<void>()
      emptied = resolve
      sendNext()
      return promise
    },
  }
}
