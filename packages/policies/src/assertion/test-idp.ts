import { type MemoryAssertions, openMemoryAssertions } from '@portcullis/ports/assertions/memory'
import type { Statement } from '@portcullis/ports/assertions/statement'

/** An issuer whose assertions the tests make themselves. */
export interface TestIdp extends MemoryAssertions {
  /** About Ada, good for five minutes from now on, unless said otherwise. */
  assert(now: number, changes?: Partial<Statement>): string
}

export const TEST_ISSUER = {
  name: 'https://idp.example',
  certificates: ['-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----'],
}

export function openTestIdp(): TestIdp {
  const memory = openMemoryAssertions()
  let count = 0
  return {
    ...memory,
    assert: (now, changes = {}) =>
      memory.issue({
        id: `_${count++}`,
        issuer: TEST_ISSUER.name,
        issuedAt: now,
        subject: { value: 'ada' },
        confirmations: [{ method: 'bearer', notOnOrAfter: now + 300_000, certificates: [] }],
        audiences: [['https://api.example/warehouse/v1']],
        oneTimeUse: false,
        attributes: {},
        ...changes,
      }),
  }
}
