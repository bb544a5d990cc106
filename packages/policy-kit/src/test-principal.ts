import type { Principal } from './principal.ts'

/** A caller for tests: the app `robot` by itself. */
export function principalOf(changes: Partial<Principal> = {}): Principal {
  return {
    schemes: ['login'],
    issuer: 'https://auth.example/hmart',
    client: 'robot',
    subject: changes.client ?? 'robot',
    scopes: new Set(),
    expiresAt: Number.POSITIVE_INFINITY,
    claims: {},
    ...changes,
  }
}
