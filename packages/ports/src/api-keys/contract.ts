import type { ApiKey } from '@portcullis/model/credential/api-key'
import { beforeEach, describe, expect, it } from 'vitest'
import type { ApiKeys } from './port.ts'

export interface ApiKeysUnderTest {
  readonly apiKeys: ApiKeys
  /** Makes these known; resolves when they are. */
  tell(keys: readonly ApiKey[], upTo: number): void | Promise<void>
}

function key(position: number, changes: Partial<ApiKey> = {}): ApiKey {
  return {
    position,
    id: `pck_${position}`,
    organization: 'hmart',
    app: 'robot',
    hash: 'h'.repeat(43),
    issuedAt: 0,
    ...changes,
  }
}

/** What every keeper of API keys guarantees. */
export function apiKeysContract(
  name: string,
  open: () => ApiKeysUnderTest | Promise<ApiKeysUnderTest>,
): void {
  describe(`api keys contract: ${name}`, () => {
    let under: ApiKeysUnderTest

    beforeEach(async () => {
      under = await open()
    })

    it('knows nobody before it is told', () => {
      expect(under.apiKeys.find('pck_1')).toBeUndefined()
      expect(under.apiKeys.find('constructor')).toBeUndefined()
      expect(under.apiKeys.position()).toBe(0)
    })

    it('finds a key by its id, and no other', async () => {
      await under.tell([key(1), key(2)], 2)
      expect(under.apiKeys.find('pck_2')).toEqual(key(2))
      expect(under.apiKeys.find('pck_3')).toBeUndefined()
      expect(under.apiKeys.position()).toBe(2)
    })

    it('knows at once that a key is over, and keeps it so', async () => {
      await under.tell([key(1)], 1)
      await under.tell([key(2, { id: 'pck_1', revokedAt: 7 })], 2)
      await under.tell([], 3)
      expect(under.apiKeys.find('pck_1')).toEqual(key(2, { id: 'pck_1', revokedAt: 7 }))
      expect(under.apiKeys.position()).toBe(3)
    })
  })
}
