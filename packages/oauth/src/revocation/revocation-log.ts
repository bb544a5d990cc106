import { idOf, revocationHeads, revocations, SYSTEM } from '@portcullis/model/collection'
import type { Revocation } from '@portcullis/model/news/revocation'
import type { Clock } from '@portcullis/ports/clock/port'
import { type Store, storeFaults } from '@portcullis/ports/store/port'
import { cutOffsOf } from './cut-off.ts'
import { headOf, numberNext, type Page, type PositionLog, readAfter } from './position-log.ts'

const log: PositionLog<Revocation> = { entries: revocations, heads: revocationHeads }

/** What is to be revoked; its position is given when it is written. */
export type NewRevocation = Omit<Revocation, 'position'>

/** Others may write at the same moment: each conflict means that one of them came through. */
const MAX_TRIES = 50

/** Writes revocations down, all or none; resolves to them once they are durable. */
export async function appendRevocations(
  store: Store,
  news: readonly NewRevocation[],
): Promise<readonly Revocation[]> {
  for (let tries = 1; ; tries++) {
    const { entries, changes } = await numberNext(store, log, news, ({ until }) => until)
    try {
      await store.commit([...changes, ...cutOffsOf(news)])
      return entries
    } catch (thrown) {
      if (!storeFaults.conflict.is(thrown) || tries >= MAX_TRIES) throw thrown
    }
  }
}

/** Those after a position that still cover something. */
export function readRevocations(store: Store, after: number, limit: number): Promise<Page<Revocation>> {
  return readAfter(store, log, after, limit)
}

export async function readRevocation(store: Store, position: number): Promise<Revocation | undefined> {
  return (await store.get(revocations, SYSTEM, idOf.position(position)))?.value
}

/** The position of the newest. */
export function revocationPosition(store: Store): Promise<number> {
  return headOf(store, log)
}

/** What every one of them has in common that begins to count now. */
export function fromNow(
  clock: Clock,
  issuer: string,
  livesMillis: number,
): Pick<Revocation, 'issuer' | 'before' | 'until'> {
  const now = clock.now()
  return { issuer, before: now, until: now + livesMillis }
}
