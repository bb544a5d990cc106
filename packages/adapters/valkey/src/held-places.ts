import { type Hold, PLACE_LEASE_MILLIS, type Places } from '@portcullis/ports/counters/port'
import type { Connection } from './connection.ts'
import { holdScript, releaseScript, renewScript } from './script.ts'

const RENEW_EVERY_MILLIS = PLACE_LEASE_MILLIS / 3

/** Places that this thread holds in the engine. */
export interface HeldPlaces {
  hold(key: string, places: Places): Promise<Hold>
  /** Gives all of them back. */
  close(): Promise<void>
}

export interface HeldPlacesOptions {
  readonly connection: Connection
  readonly prefix: string
  readonly time: () => string
  readonly outlives: number
  readonly holder: string
}

interface Own {
  held: number
  /** Questions whose answers are not here yet. */
  asked: number
}

/**
 * Every holder has a count in the hash of a key, which lapses unless it is renewed. A release that was lost is made good by
 * the next renewal, which says how many are really held.
 */
export function openHeldPlaces({
  connection,
  prefix,
  time,
  outlives,
  holder,
}: HeldPlacesOptions): HeldPlaces {
  const mine = new Map<string, Own>()
  let renewing: NodeJS.Timeout | undefined
  const nameOf = (key: string): string => `${prefix}:{${key}}:held`

  async function ask<T>(key: string, act: () => Promise<T>): Promise<T> {
    const own = mine.get(key) ?? { held: 0, asked: 0 }
    mine.set(key, own)
    own.asked++
    renewing ??= setInterval(renew, RENEW_EVERY_MILLIS).unref()
    try {
      return await act()
    } finally {
      own.asked--
      forgetIfIdle(key, own)
    }
  }

  function forgetIfIdle(key: string, own: Own): void {
    if (own.held > 0 || own.asked > 0) return
    mine.delete(key)
    if (mine.size > 0) return
    clearInterval(renewing)
    renewing = undefined
  }

  /** What does not reach the engine is made good by renewing, or lapses. */
  function tell(...asked: Parameters<Connection['run']>): Promise<unknown> {
    return connection.run(...asked).catch(() => undefined)
  }

  function renew(): void {
    for (const [key, { held, asked }] of mine) {
      const count = asked === 0 ? held : ''
      void tell(renewScript, [nameOf(key)], [time(), holder, count, PLACE_LEASE_MILLIS, outlives])
    }
  }

  function release(key: string): void {
    const own = mine.get(key)
    if (own === undefined) return
    own.held--
    void ask(key, () => tell(releaseScript, [nameOf(key)], [holder]))
  }

  return {
    hold: (key, { places }) =>
      ask(key, async () => {
        const values = [time(), holder, places, PLACE_LEASE_MILLIS, outlives]
        const [held, inUse] = (await connection.run(holdScript, [nameOf(key)], values)) as [number, number]
        if (held === 0) return { held: false, inUse, release: () => undefined }
        const own = mine.get(key)
        if (own !== undefined) own.held++
        let isHeld = true
        return {
          held: true,
          inUse,
          release() {
            if (isHeld) release(key)
            isHeld = false
          },
        }
      }),
    async close() {
      clearInterval(renewing)
      const all = [...mine].flatMap(([key, { held }]) => Array.from({ length: held }, () => key))
      mine.clear()
      await Promise.all(all.map((key) => tell(releaseScript, [nameOf(key)], [holder])))
    },
  }
}
