import { describe, expect, it } from 'vitest'
import { type Credential, isUsable } from './credential.ts'

const NOW = Date.UTC(2026, 0, 1)
const at = (millis: number): string => new Date(millis).toISOString()
const credential: Credential = { id: 'cred_1', app: 'stock-viewer', hash: 'x', issuedAt: at(NOW - 1000) }

describe('isUsable', () => {
  it('lets a credential without an end be used', () => {
    expect(isUsable(credential, NOW)).toBe(true)
  })

  it('ends at the millisecond of its expiry', () => {
    const expiring = { ...credential, expiresAt: at(NOW) }
    expect(isUsable(expiring, NOW - 1)).toBe(true)
    expect(isUsable(expiring, NOW)).toBe(false)
  })

  it('refuses a revoked credential, whenever it was revoked and however long it would have lasted', () => {
    expect(isUsable({ ...credential, revokedAt: at(NOW - 1), expiresAt: at(NOW + 1000) }, NOW)).toBe(false)
    expect(isUsable({ ...credential, revokedAt: at(NOW + 1000) }, NOW)).toBe(false)
  })

  it('refuses an expiry that is no time', () => {
    expect(isUsable({ ...credential, expiresAt: 'never' }, NOW)).toBe(false)
  })
})
