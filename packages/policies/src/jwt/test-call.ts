import type { Security } from '@portcullis/model/security'
import { anyPolicy } from '@portcullis/policy-kit/policy'
import { testExchange, testRevision, tryPolicy } from '@portcullis/policy-kit/test-kit'
import type { Keys } from '@portcullis/ports/keys/port'
import { jwt as typed } from './policy.ts'
import { keysOf, NOW } from './test-issuer.ts'

export const jwt = anyPolicy(typed)

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
) {
  const x = testExchange({ revision, headers, receivedAt: NOW })
  return tryPolicy(jwt, { config: config as never }, x, { keys })
}

export const callWith = (token: string, config?: Record<string, unknown>, keys?: Keys) =>
  call({ Authorization: `Bearer ${token}` }, config, keys)

export const seconds = (offset: number): number => NOW / 1000 + offset
