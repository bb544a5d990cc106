import type { Security } from '@portcullis/model/security'
import { anyPolicy, type Ports } from '@portcullis/policy-kit/policy'
import { testExchange, testRevision, tryPolicy } from '@portcullis/policy-kit/test-kit'
import { manualClock } from '@portcullis/ports/clock/memory'
import { openMemoryCounters } from '@portcullis/ports/counters/memory'
import type { Keys } from '@portcullis/ports/keys/port'
import { openMemoryRevocations } from '@portcullis/ports/revocations/memory'
import { openMemoryVault } from '@portcullis/ports/vault/memory'
import { jwt as typed } from './policy.ts'
import { keysOf, NOW } from './test-issuer.ts'

export const jwt = anyPolicy(typed)

/** What `jwt` needs beside keys: nothing was revoked, nothing is spent, and there is one secret. */
export const testPorts = (): Pick<Ports, 'revocations' | 'counters' | 'vault'> => ({
  revocations: noRevocations,
  counters: openMemoryCounters(manualClock(NOW)),
  vault: openMemoryVault({ 'dpop-nonce': 'a secret of all nodes' }),
})

export const noRevocations = openMemoryRevocations(manualClock())

export function revisionWith(security: Security) {
  return testRevision(
    {},
    {
      schemes: {
        login: { type: 'oauth2' },
        bearer: { type: 'http', scheme: 'Bearer' },
        key: { type: 'apiKey', in: 'header', name: 'X-Key' },
      },
      operations: [{ id: 'listItems', method: 'GET', path: '/items', security, policies: [] }],
    },
  )
}

export const revision = revisionWith([{ login: ['list_items'] }, { key: [], bearer: [] }])

export function call(
  headers: Record<string, string>,
  config: Record<string, unknown> = {},
  keys: Keys = keysOf(),
  ports: Partial<Ports> = {},
  inForce = revision,
) {
  const x = testExchange({ revision: inForce, headers, receivedAt: NOW })
  return tryPolicy(jwt, { config: config as never }, x, { ...testPorts(), keys, ...ports })
}

export const callWith = (
  token: string,
  config?: Record<string, unknown>,
  keys?: Keys,
  ports?: Partial<Ports>,
  inForce?: typeof revision,
) => call({ Authorization: `Bearer ${token}` }, config, keys, ports, inForce)

export const seconds = (offset: number): number => NOW / 1000 + offset
