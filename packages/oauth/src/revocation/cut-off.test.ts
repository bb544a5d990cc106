import { openMemoryStore } from '@portcullis/ports/store/memory'
import { describe, expect, it } from 'vitest'
import { CUT_OFF_KEPT_MILLIS, isCutOff } from './cut-off.ts'
import { appendRevocations, type NewRevocation } from './revocation-log.ts'

const issuer = 'https://auth.example/hmart'
const now = 1_000_000

function openStore() {
  const hand = { now }
  return { hand, store: openMemoryStore({ now: () => hand.now }) }
}

function revoked(what: NewRevocation['what'], value: string, before = now): NewRevocation {
  return { issuer, what, value, before, until: now + 60_000 }
}

describe('what was revoked', () => {
  it.each([
    ['token', 'id'],
    ['subject', 'subject'],
    ['client', 'client'],
    ['grant', 'grant'],
    ['session', 'session'],
  ] as const)(
    'by %s covers what was issued until then, and nothing of another issuer or name',
    async (what, key) => {
      const { store } = openStore()
      await appendRevocations(store, [revoked(what, 'x')])
      expect(await isCutOff(store, { issuer, issuedAt: now, [key]: 'x' })).toBe(true)
      expect(await isCutOff(store, { issuer, issuedAt: now + 1, [key]: 'x' })).toBe(false)
      expect(await isCutOff(store, { issuer, issuedAt: now, [key]: 'y' })).toBe(false)
      expect(await isCutOff(store, { issuer: `${issuer}2`, issuedAt: now, [key]: 'x' })).toBe(false)
    },
  )

  it('stays so for as long as any grant lives, although gateways forget it; a single token only until it expires', async () => {
    const { hand, store } = openStore()
    await appendRevocations(store, [revoked('subject', 'ada'), revoked('token', 't1')])
    hand.now = now + CUT_OFF_KEPT_MILLIS - 1
    expect(await isCutOff(store, { issuer, issuedAt: now, subject: 'ada' })).toBe(true)
    expect(await isCutOff(store, { issuer, issuedAt: now, id: 't1' })).toBe(false)
  })

  it('counts up to the latest of several', async () => {
    const { store } = openStore()
    await appendRevocations(store, [revoked('client', 'shop', now + 5), revoked('client', 'shop')])
    expect(await isCutOff(store, { issuer, issuedAt: now + 5, client: 'shop' })).toBe(true)
  })
})
