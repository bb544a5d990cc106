import { fingerprintOf, Secret } from '@portcullis/kernel/secret'
import type { Credential } from '@portcullis/model/credential/credential'
import { describe, expect, it } from 'vitest'
import { findCredential, newClientSecret } from './client-secret.ts'

const NOW = Date.parse('2026-11-22T12:00:00Z')

function credentialOf(secret: Secret, changes: Partial<Credential> = {}): Credential {
  return {
    id: 'c',
    app: 'shop',
    hash: fingerprintOf(secret),
    issuedAt: '2026-01-01T00:00:00Z',
    ...changes,
  }
}

describe('client secret', () => {
  it('has 256 random bits behind a prefix that scanners find', () => {
    const secret = newClientSecret().reveal()
    expect(secret).toMatch(/^pcs_[A-Za-z0-9_-]{43}$/)
    expect(newClientSecret().reveal()).not.toBe(secret)
  })

  it('finds the credential whose secret was presented, and none for another secret', () => {
    const secret = newClientSecret()
    const credential = credentialOf(secret)
    expect(findCredential([credential], secret, NOW)).toBe(credential)
    expect(findCredential([credential], newClientSecret(), NOW)).toBeUndefined()
    expect(findCredential([credential], new Secret(credential.hash), NOW)).toBeUndefined()
  })

  it('accepts old and new secrets while they are rotated', () => {
    const [old, fresh] = [newClientSecret(), newClientSecret()]
    const both = [credentialOf(old, { id: 'old' }), credentialOf(fresh, { id: 'new' })]
    expect(findCredential(both, old, NOW)?.id).toBe('old')
    expect(findCredential(both, fresh, NOW)?.id).toBe('new')
  })

  it('refuses what has expired or was revoked', () => {
    const secret = newClientSecret()
    expect(
      findCredential([credentialOf(secret, { expiresAt: '2026-11-22T12:00:00Z' })], secret, NOW),
    ).toBeUndefined()
    expect(
      findCredential([credentialOf(secret, { revokedAt: '2026-11-22T11:00:00Z' })], secret, NOW),
    ).toBeUndefined()
    expect(
      findCredential([credentialOf(secret, { expiresAt: '2026-11-22T12:00:01Z' })], secret, NOW),
    ).toBeDefined()
  })
})
