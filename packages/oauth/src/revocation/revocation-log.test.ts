import { openMemoryStore } from '@portcullis/ports/store/memory'
import { describe, expect, it } from 'vitest'
import {
  appendRevocations,
  type NewRevocation,
  readRevocations,
  revocationPosition,
} from './revocation-log.ts'

const now = 1_000_000

function revoked(value: string, changes: Partial<NewRevocation> = {}): NewRevocation {
  return {
    issuer: 'https://auth.example/hmart',
    what: 'token',
    value,
    before: now,
    until: now + 60_000,
    ...changes,
  }
}

function openStore() {
  const hand = { now }
  return { hand, store: openMemoryStore({ now: () => hand.now }) }
}

const positionsOf = (page: { readonly entries: readonly { readonly position: number }[] }) =>
  page.entries.map(({ position }) => position)

describe('the log of revocations', () => {
  it('counts from 1 without gaps, however many write at once', async () => {
    const { store } = openStore()
    await Promise.all(Array.from({ length: 20 }, (_, i) => appendRevocations(store, [revoked(`t${i}`)])))
    const page = await readRevocations(store, 0, 100)
    expect(positionsOf(page)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1))
    expect(new Set(page.entries.map(({ value }) => value)).size).toBe(20)
    expect(await revocationPosition(store)).toBe(20)
  })

  it('is read page by page', async () => {
    const { store } = openStore()
    await appendRevocations(
      store,
      ['a', 'b', 'c'].map((value) => revoked(value)),
    )
    const first = await readRevocations(store, 0, 2)
    expect([first.position, positionsOf(first)]).toEqual([2, [1, 2]])
    const second = await readRevocations(store, first.position, 2)
    expect([second.position, positionsOf(second)]).toEqual([3, [3]])
    expect(await readRevocations(store, 3, 2)).toEqual({ position: 3, entries: [] })
  })

  it('brings whoever reads to its end also where the last ones cover nothing any more', async () => {
    const { hand, store } = openStore()
    await appendRevocations(store, [revoked('long'), revoked('short', { until: now + 1 })])
    hand.now = now + 2
    const page = await readRevocations(store, 0, 10)
    expect([page.position, positionsOf(page)]).toEqual([2, [1]])
  })
})
