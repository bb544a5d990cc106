import type { Clock } from '@portcullis/ports/clock/port'
import { countersFaults, type Hold, PLACE_LEASE_MILLIS, type Places } from '@portcullis/ports/counters/port'
import { packArrival } from './arrival-word.ts'
import { hashOfHolder, type KeyHasher, OF_KEY } from './cell-hash.ts'
import { type Count, packCount, unpackCount } from './count-word.ts'
import type { Hash64 } from './siphash.ts'
import type { SlotTable } from './slot-table.ts'

const RENEW_EVERY_MILLIS = PLACE_LEASE_MILLIS / 3

const count: Count = { untilMillis: 0, count: 0 }
const key: Hash64 = { low: 0, high: 0 }
const cell: Hash64 = { low: 0, high: 0 }

/** Places that this thread holds. */
export interface HeldPlaces {
  /** Throws `counters.full` when there is no room to remember it. */
  hold(key: string, places: Places): Hold
  close(): void
}

/**
 * Every thread counts for itself the places of a key that it holds, in a cell that passes away unless it is renewed. The
 * places in use are the sum over the cells of the key, taken under the lock of their bucket. So what a thread held that
 * has ended comes back by itself.
 */
export function openHeldPlaces(table: SlotTable, hashKey: KeyHasher, clock: Clock): HeldPlaces {
  const holder = table.nextHolder()
  const mine = new Map<string, number>()
  let renewing: NodeJS.Timeout | undefined

  /** Does something under the lock of a key, with `cell` being that of this thread. */
  function locked<T>(text: string, act: (ticket: number, now: number) => T): T {
    hashKey(text, key)
    hashOfHolder(key, holder, cell)
    const ticket = table.lock(cell)
    try {
      return act(ticket, Math.floor(clock.now()))
    } finally {
      table.unlock(cell, ticket)
    }
  }

  function inUse(now: number): number {
    let sum = 0
    table.forEachAlike(cell, OF_KEY, (_, word) => {
      if (word < 0n) return
      unpackCount(word, count)
      if (count.untilMillis > now) sum += count.count
    })
    return sum
  }

  /** Writes how many this thread holds. */
  function write(held: number, ticket: number, now: number): void {
    const next = packCount(now + PLACE_LEASE_MILLIS, held)
    const slot = table.find(cell)
    if (slot >= 0 && table.exchange(slot, table.read(slot, cell), next)) return
    if (table.claim(cell, ticket, packArrival(now, 0), next) === 'claimed') return
    throw countersFaults.full({ internal: `no slot of ${table.slots} is free for another holder` })
  }

  function keep(text: string, held: number): void {
    if (held === 0) mine.delete(text)
    else mine.set(text, held)
    if (mine.size === 0) {
      clearInterval(renewing)
      renewing = undefined
    } else renewing ??= setInterval(renew, RENEW_EVERY_MILLIS).unref()
  }

  function renew(): void {
    for (const [text, held] of mine) locked(text, (ticket, now) => write(held, ticket, now))
  }

  function release(text: string): void {
    const held = (mine.get(text) ?? 1) - 1
    locked(text, (ticket, now) => write(held, ticket, now))
    keep(text, held)
  }

  return {
    hold(text, { places }) {
      const before = locked(text, (ticket, now) => {
        const used = inUse(now)
        if (used < places) write((mine.get(text) ?? 0) + 1, ticket, now)
        return used
      })
      if (before >= places) return { held: false, inUse: before, release: () => undefined }
      keep(text, (mine.get(text) ?? 0) + 1)
      let isHeld = true
      return {
        held: true,
        inUse: before + 1,
        release() {
          if (isHeld) release(text)
          isHeld = false
        },
      }
    },
    close() {
      for (const text of [...mine.keys()]) {
        locked(text, (ticket, now) => write(0, ticket, now))
        keep(text, 0)
      }
    },
  }
}
