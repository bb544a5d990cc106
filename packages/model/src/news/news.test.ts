import { expect, it } from 'vitest'
import type { ApiKey } from '../credential/api-key.ts'
import { type NewsOf, noNews, withNews } from './news.ts'
import type { Revocation } from './revocation.ts'

const revoked: Revocation = { position: 1, issuer: 'i', what: 'token', value: 't', before: 0, until: 10 }
const key: ApiKey = {
  position: 1,
  id: 'a',
  organization: 'o',
  app: 'robot',
  hash: 'h'.repeat(43),
  issuedAt: 0,
}

it('revocations are forgotten once they cover nothing any more', () => {
  const first: NewsOf<'revocation'> = { topic: 'revocation', entries: [revoked], position: 1 }
  const known = withNews(noNews('revocation'), first, 10)
  expect(known).toEqual(first)
  expect(withNews(known, { ...first, entries: [], position: 2 }, 11)).toEqual({
    topic: 'revocation',
    entries: [],
    position: 2,
  })
})

it('of a key the last word counts, also long after it is over', () => {
  const over = { ...key, position: 3, revokedAt: 5 }
  const known = withNews(
    { topic: 'api-key', entries: [key, { ...key, id: 'b', position: 2 }], position: 2 },
    { topic: 'api-key', entries: [over], position: 3 },
    1e15,
  )
  expect(known.entries).toEqual([over, { ...key, id: 'b', position: 2 }])
})
