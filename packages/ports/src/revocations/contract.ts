import type { RevocableToken, Revocation } from '@portcullis/model/news/revocation'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Revocations } from './port.ts'

export interface RevocationsUnderTest {
  readonly revocations: Revocations
  /** Makes these known; resolves when they are. */
  tell(revocations: readonly Revocation[]): void | Promise<void>
}

const issuer = 'https://auth.example/hmart'
const hour = 3_600_000
const now = Date.now()

const token: RevocableToken = {
  issuer,
  id: 'token-1',
  client: 'robot',
  subject: 'ada',
  grant: 'grant-1',
  session: 'session-1',
  issuedAt: now - 1000,
}

function revoked(position: number, changes: Partial<Revocation> = {}): Revocation {
  return { position, issuer, what: 'token', value: 'token-1', before: now, until: now + hour, ...changes }
}

/** What every keeper of revocations guarantees. */
export function revocationsContract(
  name: string,
  open: () => RevocationsUnderTest | Promise<RevocationsUnderTest>,
): void {
  describe(`revocations contract: ${name}`, () => {
    let under: RevocationsUnderTest

    beforeEach(async () => {
      under = await open()
    })

    it('covers nothing while nothing is revoked', () => {
      expect(under.revocations.covers(token)).toBe(false)
      expect(under.revocations.position()).toBe(0)
    })

    it.each([
      ['token', 'token-1'],
      ['subject', 'ada'],
      ['client', 'robot'],
      ['grant', 'grant-1'],
      ['session', 'session-1'],
    ] as const)('covers a token by its %s', async (what, value) => {
      await under.tell([revoked(1, { what, value })])
      expect(under.revocations.covers(token)).toBe(true)
    })

    it('covers what another issuer gave to an app, by the app', async () => {
      const theirs = { ...token, issuer: 'https://other.example', app: { issuer, name: 'shop' } }
      await under.tell([revoked(1, { what: 'client', value: 'robot' })])
      expect(under.revocations.covers(theirs)).toBe(false)
      await under.tell([revoked(2, { what: 'client', value: 'shop' })])
      expect(under.revocations.covers(theirs)).toBe(true)
    })

    it.each([
      ['another token', { value: 'token-2' }],
      ['a subject of the name of a token', { what: 'subject' }],
      ['another issuer', { issuer: 'https://auth.example/acme' }],
      ['tokens issued earlier', { before: token.issuedAt - 1 }],
    ] as const)('leaves a token alone where %s was revoked', async (_, changes) => {
      await under.tell([revoked(1, changes)])
      expect(under.revocations.covers(token)).toBe(false)
    })

    it('covers a token that was issued in the very millisecond', async () => {
      await under.tell([revoked(1, { before: token.issuedAt })])
      expect(under.revocations.covers(token)).toBe(true)
    })

    it('lets no later revocation shorten an earlier one', async () => {
      await under.tell([revoked(1), revoked(2, { before: now - hour })])
      expect(under.revocations.covers(token)).toBe(true)
    })

    it('tells up to which position all are known', async () => {
      await under.tell([revoked(1), revoked(2, { value: 'other' })])
      expect(under.revocations.position()).toBe(2)
    })

    it('calls back once the news count, and no more after that was ended', async () => {
      const seen: boolean[] = []
      const end = under.revocations.watch(() => seen.push(under.revocations.covers(token)))
      await under.tell([revoked(1)])
      expect(seen).toEqual([true])
      end()
      await under.tell([revoked(2)])
      expect(seen).toEqual([true])
    })
  })
}
