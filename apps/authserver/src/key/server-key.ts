import { createHmac, randomBytes } from 'node:crypto'
import { Secret } from '@portcullis/kernel/secret'
import type { Collection } from '@portcullis/model/collection'
import type { Clock } from '@portcullis/ports/clock/port'
import type { Secrets } from '@portcullis/ports/secrets/port'
import { put, type Store, storeFaults } from '@portcullis/ports/store/port'

/** A key of an organization, readable only through the secrets port. */
export interface SealedKey {
  readonly sealed: string
  /** ISO 8601, UTC. */
  readonly createdAt: string
}

export const serverKeys: Collection<SealedKey> = { name: 'authserver-key', index: () => ({}) }

/** What an organization's pages are kept safe by. Keys that sign tokens are in `signing-keys.ts`: those change. */
export interface ServerKeys {
  /** Signs cookies. */
  readonly cookie: Secret
  /** Makes the tokens that tie a form to the sign-in for which it was shown. */
  readonly form: Secret
}

/** Reads the organization's keys, and makes them when it has none. Of two that make them at once, both use one. */
export async function openServerKeys(
  ports: { readonly store: Store; readonly secrets: Secrets; readonly clock: Clock },
  organization: string,
): Promise<ServerKeys> {
  const open = (id: string, make: () => Promise<Secret>) => openOrMake(ports, organization, id, make)
  const browser = await open('browser', async () => new Secret(randomBytes(32).toString('base64url')))
  return {
    cookie: derive(browser, 'cookie'),
    form: derive(browser, 'form'),
  }
}

async function openOrMake(
  { store, secrets, clock }: { readonly store: Store; readonly secrets: Secrets; readonly clock: Clock },
  organization: string,
  id: string,
  make: () => Promise<Secret>,
): Promise<Secret> {
  const context = `${organization}/authserver-key/${id}`
  const known = await store.get(serverKeys, organization, id)
  if (known !== undefined) return secrets.open(known.value.sealed, context)
  const key = await make()
  const value = { sealed: await secrets.seal(key, context), createdAt: new Date(clock.now()).toISOString() }
  try {
    await store.commit([put(serverKeys, organization, id, value, { expect: 'absent' })])
    return key
  } catch (thrown) {
    // Another process was first: its key is the organization's key, and ours was never used.
    if (!storeFaults.conflict.is(thrown)) throw thrown
    return openOrMake({ store, secrets, clock }, organization, id, make)
  }
}

function derive(key: Secret, purpose: string): Secret {
  return new Secret(createHmac('sha256', key.reveal()).update(purpose).digest('base64url'))
}
