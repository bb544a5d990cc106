import { hash } from 'node:crypto'
import { onceFor } from '@portcullis/kernel/once-for'
import { type Collection, SYSTEM } from '@portcullis/model/collection'
import type { Revocable, Revocation } from '@portcullis/model/news/revocation'
import { type Change, put, type Store } from '@portcullis/ports/store/port'

/**
 * What the authorization server itself remembers of a revocation. Gateways forget one as soon as no access token can be
 * left that it covers; refresh tokens, grants and sessions live far longer, and must not come back to life then.
 */
interface CutOff {
  /** Milliseconds since the epoch: what was issued up to then is void. */
  readonly before: number
}

/** By what was revoked. Of all organizations, below `SYSTEM`: an issuer is part of the id. */
const cutOffs: Collection<CutOff> = { name: 'cut-off', index: () => ({}) }

/** No grant lives longer (see `lifetime.ts`), so nothing is left that a cut-off of this age could cover. */
export const CUT_OFF_KEPT_MILLIS = 366 * 86_400_000

type Cut = Pick<Revocation, 'issuer' | 'what' | 'value' | 'before' | 'until'>

/** What is written together with revocations. */
export function cutOffsOf(news: readonly Cut[]): Change[] {
  const latest = new Map<string, Cut>()
  for (const each of news) {
    const id = idOf(each.issuer, each.what, each.value)
    const known = latest.get(id)
    if (known === undefined || known.before < each.before) latest.set(id, each)
  }
  return [...latest].map(([id, { what, before, until }]) =>
    put(
      cutOffs,
      SYSTEM,
      id,
      { before },
      { expiresAt: what === 'token' ? until : before + CUT_OFF_KEPT_MILLIS },
    ),
  )
}

/** Anything that an issuer gave. What was made of it is kept with the object, so it is never changed. */
export interface Given {
  readonly issuer: string
  readonly id?: string | undefined
  readonly subject?: string | undefined
  readonly client?: string | undefined
  /** That stands for the client, where that is not an app itself. */
  readonly app?: string | undefined
  readonly grant?: string | undefined
  readonly session?: string | undefined
  /** Milliseconds since the epoch. */
  readonly issuedAt: number
}

/** Whether something that an issuer gave was revoked since: by its own id, its subject, app, grant or session. */
export async function isCutOff(store: Store, given: Given): Promise<boolean> {
  const found = await Promise.all(idsOf(given).map((id) => store.get(cutOffs, SYSTEM, id)))
  return found.some((each) => each !== undefined && given.issuedAt <= each.value.before)
}

const idsOf = onceFor(({ issuer, id, subject, client, app, grant, session }: Given): readonly string[] => {
  const names: readonly (readonly [Revocable, string | undefined])[] = [
    ['token', id],
    ['subject', subject],
    ['client', client],
    ['client', app],
    ['grant', grant],
    ['session', session],
  ]
  return names.flatMap(([what, value]) => (value === undefined ? [] : [idOf(issuer, what, value)]))
})

/** Hashed, because values may be as long as an id may be. */
function idOf(issuer: string, what: Revocable, value: string): string {
  return hash('sha256', `${issuer}\n${what}\n${value}`, 'base64url')
}
