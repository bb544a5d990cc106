import type { Decision } from '@portcullis/model/decision/decision'
import {
  type PackedBatch,
  packBatch,
  packDecisions,
  unpackBatch,
} from '@portcullis/model/decision/decision-batch'
import { eventsFaults } from '@portcullis/ports/events/port'
import { collectingLog } from '@portcullis/ports/log/memory'
import { describe, expect, test } from 'vitest'
import { openRecorder, recorderLimits } from './recorder.ts'

const limits = { ...recorderLimits, pack: 5, flushMillis: 5, maxRetryMillis: 20, closeMillis: 200 }

function record(n: number): Decision {
  return {
    id: `dec_${n}`,
    organization: 'hmart',
    environment: 'production',
    revision: 1,
    at: '2026-01-01T00:00:00.000Z',
    method: 'GET',
    outcome: 'allowed',
    status: 200,
    steps: [],
    micros: 1,
  }
}

const idsOf = (batches: readonly PackedBatch[]) => batches.flatMap(unpackBatch).map(({ id }) => id)

describe('the recorder', () => {
  test('hands records over in batches, in their order', async () => {
    const batches: number[] = []
    const ids: string[] = []
    const take = async (sent: readonly PackedBatch[]) => {
      batches.push(idsOf(sent).length)
      ids.push(...idsOf(sent))
    }
    const recorder = openRecorder({ take }, collectingLog(), { ...limits, batch: 10 })
    for (let n = 0; n < 25; n++) recorder.record(record(n))
    await expect.poll(() => ids).toHaveLength(25)
    expect(batches).toEqual([10, 10, 5])
    expect(ids).toEqual(Array.from({ length: 25 }, (_, n) => `dec_${n}`))
    await recorder.close()
  })

  test('hands a full batch over before the interval is over', async () => {
    const taken: string[] = []
    const take = async (sent: readonly PackedBatch[]) => void taken.push(...idsOf(sent))
    const recorder = openRecorder({ take }, collectingLog(), {
      ...limits,
      pack: 3,
      batch: 3,
      flushMillis: 60_000,
    })
    for (let n = 0; n < 3; n++) recorder.record(record(n))
    await expect.poll(() => taken).toHaveLength(3)
    await recorder.close()
  })

  test('lets what comes in while it sends wait for more, and sends it together', async () => {
    const batches: number[] = []
    let recorded = 0
    const take = async (sent: readonly PackedBatch[]) => {
      batches.push(idsOf(sent).length)
      // A call comes in with every batch that is sent: it must not be the next batch by itself.
      if (recorded < 40) recorder.record(record(recorded++))
    }
    const recorder = openRecorder({ take }, collectingLog(), { ...limits, flushMillis: 50 })
    recorder.record(record(recorded++))
    await expect.poll(() => batches.length).toBe(1)
    for (let n = 0; n < 9; n++) recorder.record(record(recorded++))
    await expect.poll(() => batches.length).toBe(2)
    expect(batches).toEqual([1, 10])
    await recorder.close()
  })

  test('sends again what was not taken, and loses none of it', async () => {
    const taken: string[] = []
    let refusals = 3
    const take = async (sent: readonly PackedBatch[]) => {
      if (refusals-- > 0) throw eventsFaults.unavailable()
      taken.push(...idsOf(sent))
    }
    const log = collectingLog()
    const recorder = openRecorder({ take }, log, limits)
    recorder.record(record(1))
    await expect.poll(() => taken).toEqual(['dec_1'])
    expect(log.lines.map((line) => line.level)).toEqual(['warn'])
    expect(recorder.dropped()).toBe(0)
    await recorder.close()
  })

  test('drops, counts and tells of what is above its bound instead of growing', async () => {
    const release = Promise.withResolvers<void>()
    const taken: string[] = []
    const take = async (sent: readonly PackedBatch[]) => {
      await release.promise
      taken.push(...idsOf(sent))
    }
    const log = collectingLog()
    const recorder = openRecorder({ take }, log, { ...limits, maxWaiting: 10 })
    for (let n = 0; n < 15; n++) recorder.record(record(n))
    expect(recorder.dropped()).toBe(5)
    release.resolve()
    await expect.poll(() => log.lines).toHaveLength(1)
    expect(log.lines[0]).toMatchObject({ level: 'error', fields: { since: 5, total: 5 } })
    expect(taken).toHaveLength(10)
    await recorder.close()
  })

  test('passes on what others have packed untouched, with what it packs itself, and never too much at once', async () => {
    const sent: (readonly PackedBatch[])[] = []
    const take = async (batches: readonly PackedBatch[]) => void sent.push(batches)
    const recorder = openRecorder({ take }, collectingLog(), { ...limits, batch: 10, flushMillis: 60_000 })
    const packed = [4, 4, 4].map((records, n) =>
      packBatch(packDecisions(Array.from({ length: records }, (_, i) => record(n * 10 + i)))),
    )
    recorder.record(record(100))
    for (const each of packed) recorder.hand(each)
    await expect.poll(() => sent).toHaveLength(1)
    expect(sent[0]).toEqual([packed[0], packed[1]])
    expect(sent[0]?.[0]).toBe(packed[0])
    expect(recorder.waiting()).toBe(5)
    await recorder.close()
    expect(sent.slice(1).flatMap(idsOf)).toEqual(['dec_20', 'dec_21', 'dec_22', 'dec_23', 'dec_100'])
    expect(recorder.waiting()).toBe(0)
  })

  test('drops and counts all of a packed batch for which there is no room', async () => {
    const take = () => Promise.reject(eventsFaults.unavailable())
    const recorder = openRecorder({ take }, collectingLog(), { ...limits, maxWaiting: 5, closeMillis: 0 })
    recorder.record(record(1))
    recorder.hand(packBatch(packDecisions([1, 2, 3, 4, 5].map(record))))
    expect(recorder.dropped()).toBe(5)
    recorder.hand(packBatch(packDecisions([1, 2, 3, 4].map(record))))
    expect(recorder.dropped()).toBe(5)
    expect(recorder.waiting()).toBe(5)
    await recorder.close()
  })

  test('hands over on close what still waits', async () => {
    const taken: string[] = []
    const take = async (sent: readonly PackedBatch[]) => void taken.push(...idsOf(sent))
    const recorder = openRecorder({ take }, collectingLog(), { ...limits, flushMillis: 60_000 })
    recorder.record(record(1))
    await recorder.close()
    expect(taken).toHaveLength(1)
  })

  test('does not wait on close for somebody who never takes them', async () => {
    const take = () => Promise.reject(eventsFaults.unavailable())
    const recorder = openRecorder({ take }, collectingLog(), limits)
    recorder.record(record(1))
    // Otherwise this does not end.
    await recorder.close()
    expect(recorder.dropped()).toBe(1)
  })
})
