import { expect, it } from 'vitest'
import type { Hash64 } from './siphash.ts'
import { createTableBuffer, GIVEN_AWAY, openTable } from './slot-table.ts'

const key: Hash64 = { low: 7, high: 3 }
const other: Hash64 = { low: 7, high: 4 }

it('gives a slot once, and tells when it belongs to another key', () => {
  const table = openTable(createTableBuffer(1))
  const ticket = table.lock(key)
  expect(table.claim(key, ticket, 10n, 20n)).toBe('claimed')
  const slot = table.find(key)
  expect(table.read(slot, key)).toBe(20n)
  expect(table.find(other)).toBe(-1)
  expect(table.read(slot, other)).toBe(GIVEN_AWAY)
  expect(table.claim(other, ticket, 20n, 30n)).toBe('claimed')
  expect(table.find(key), 'its word was past').toBe(-1)
  expect(table.exchange(slot, 20n, 25n), 'whoever still means the old key changes nothing').toBe(false)
  expect(table.read(slot, other)).toBe(30n)
  table.unlock(key, ticket)
})

it('takes over the lock and the slot of a thread that was ended while it held them', () => {
  const buffer = createTableBuffer(1)
  const table = openTable(buffer)
  const dead = table.lock(key)
  expect(table.claim(key, dead, 10n, 20n)).toBe('claimed')
  // As if it had been ended between giving the slot away and writing its word.
  const slot = table.find(key)
  expect(table.exchange(slot, 20n, GIVEN_AWAY)).toBe(true)
  expect(table.find(key)).toBe(-1)

  const ticket = table.lock(other)
  expect(ticket).not.toBe(dead)
  expect(table.claim(key, dead, 10n, 20n), 'the lock is no longer its own').toBe('lost')
  table.unlock(key, dead)
  for (let i = 0; i < 128; i++) {
    expect(table.claim({ low: i, high: 1 }, ticket, 10n, 20n)).toBe('claimed')
  }
  expect(table.claim(key, ticket, 10n, 20n)).toBe('full')
  table.unlock(other, ticket)
})
