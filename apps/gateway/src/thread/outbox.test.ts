import type { Decision } from '@portcullis/model/decision/decision'
import { unpackBatch } from '@portcullis/model/decision/decision-batch'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { describeTurnedAway } from '../record/describe-decision.ts'
import type { Report } from './message.ts'
import { openOutbox } from './outbox.ts'

const END = { outcome: 'refused', status: 404, millis: 0 } as const
const LIMITS = { maxDecisions: 10, maxLines: 3, batch: 4, flushMillis: 50 }
const decision = (id: number): Decision => describeTurnedAway(`dec_${id}`, 0, 'GET', END)

describe('an outbox', () => {
  let sent: Report[]
  beforeEach(() => {
    vi.useFakeTimers()
    sent = []
  })
  afterEach(() => vi.useRealTimers())

  const open = () =>
    openOutbox(
      (report) => sent.push(report),
      (fields) => fields,
      LIMITS,
    )
  const idsOf = (report: Report | undefined) =>
    report?.decisions && unpackBatch(report.decisions).map(({ id }) => id)

  test('gathers what happens for a moment and sends it as one report', () => {
    const outbox = open()
    outbox.record(decision(1))
    outbox.log.warn('look', { at: 'this' })
    expect(sent).toEqual([])
    vi.advanceTimersByTime(LIMITS.flushMillis)
    expect(sent).toHaveLength(1)
    expect(idsOf(sent[0])).toEqual(['dec_1'])
    expect(sent[0]?.decisions?.records).toBe(1)
    expect(sent[0]?.lines).toEqual([{ level: 'warn', message: 'look', fields: { at: 'this' } }])
  })

  test('sends a full batch at once, and the next only when that was taken', () => {
    const outbox = open()
    for (let i = 0; i < 9; i++) outbox.record(decision(i))
    vi.advanceTimersByTime(10 * LIMITS.flushMillis)
    expect(sent.map(idsOf)).toEqual([['dec_0', 'dec_1', 'dec_2', 'dec_3']])
    outbox.taken()
    expect(idsOf(sent[1])).toEqual(['dec_4', 'dec_5', 'dec_6', 'dec_7'])
    outbox.taken()
    vi.advanceTimersByTime(LIMITS.flushMillis)
    expect(idsOf(sent[2])).toEqual(['dec_8'])
  })

  test('drops what is too much while nothing is taken, and says how much that was', () => {
    const outbox = open()
    for (let i = 0; i < 20; i++) outbox.record(decision(i))
    for (let i = 0; i < 5; i++) outbox.log.info(`line ${i}`)
    outbox.taken()
    expect(idsOf(sent[1])).toEqual(['dec_4', 'dec_5', 'dec_6', 'dec_7'])
    expect(sent[1]?.lines.map((line) => line.message)).toEqual(['line 0', 'line 1', 'line 2'])
    expect(sent[1]?.dropped).toEqual({ decisions: 6, lines: 2 })
    outbox.taken()
    expect(sent[2]?.dropped).toEqual({ decisions: 0, lines: 0 })
  })

  test('is empty when everything was sent and taken, without waiting for its time', async () => {
    const outbox = open()
    for (let i = 0; i < 6; i++) outbox.record(decision(i))
    let isEmpty = false
    const empty = outbox.empty().then(() => {
      isEmpty = true
    })
    outbox.taken()
    await Promise.resolve()
    expect(isEmpty).toBe(false)
    expect(sent.flatMap(idsOf)).toHaveLength(6)
    outbox.taken()
    await empty
    await expect(outbox.empty()).resolves.toBeUndefined()
  })
})
