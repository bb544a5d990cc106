import { idOf, revocationHeads, revocations, SYSTEM } from '@portcullis/model/collection'
import type { Revocation } from '@portcullis/model/revocation'
import type { Clock } from '@portcullis/ports/clock/port'
import { type Document, put, type Store, storeFaults } from '@portcullis/ports/store/port'
import { cutOffsOf } from './cut-off.ts'

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
    const head = await readHead(store)
    const last = head?.value.position ?? 0
    const numbered = news.map((each, i) => ({ ...each, position: last + i + 1 }))
    try {
      await store.commit([
        put(
          revocationHeads,
          SYSTEM,
          HEAD,
          { position: last + news.length },
          { expect: head?.version ?? 'absent' },
        ),
        ...numbered.map((each) =>
          put(revocations, SYSTEM, idOf.revocation(each.position), each, {
            expect: 'absent',
            expiresAt: each.until,
          }),
        ),
        ...cutOffsOf(news),
      ])
      return numbered
    } catch (thrown) {
      if (!storeFaults.conflict.is(thrown) || tries >= MAX_TRIES) throw thrown
    }
  }
}

export interface RevocationPage {
  /** Everything up to here is known to whoever has this page and those before it. */
  readonly position: number
  readonly revocations: readonly Revocation[]
}

/** Those after a position that still cover something, in their order, and how far that goes. */
export async function readRevocations(store: Store, after: number, limit: number): Promise<RevocationPage> {
  // The head is read first: what is written meanwhile is on the next page.
  const head = (await readHead(store))?.value.position ?? 0
  const found = await store.find(revocations, SYSTEM, { after: idOf.revocation(after), limit })
  const page = found.map(({ value }) => value).filter(({ position }) => position <= head)
  const isLast = found.length < limit
  return { position: isLast ? head : (page.at(-1)?.position ?? head), revocations: page }
}

export async function readRevocation(store: Store, position: number): Promise<Revocation | undefined> {
  return (await store.get(revocations, SYSTEM, idOf.revocation(position)))?.value
}

/** The position of the newest. */
export async function revocationPosition(store: Store): Promise<number> {
  return (await readHead(store))?.value.position ?? 0
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

const HEAD = 'head'

function readHead(store: Store): Promise<Document<{ readonly position: number }> | undefined> {
  return store.get(revocationHeads, SYSTEM, HEAD)
}
