import { expect, it } from 'vitest'
import { type ApiKey, stateOfApiKey } from './api-key.ts'

const key: ApiKey = {
  position: 1,
  id: 'pck_1',
  organization: 'hmart',
  app: 'robot',
  hash: 'x'.repeat(43),
  issuedAt: 0,
}

it('a key is usable until it is revoked or its time is over', () => {
  expect(stateOfApiKey(key, 1e15)).toBe('usable')
  expect(stateOfApiKey({ ...key, expiresAt: 10 }, 9)).toBe('usable')
  expect(stateOfApiKey({ ...key, expiresAt: 10 }, 10)).toBe('expired')
  expect(stateOfApiKey({ ...key, expiresAt: 10, revokedAt: 20 }, 9)).toBe('revoked')
})
