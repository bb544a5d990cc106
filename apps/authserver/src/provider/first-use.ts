import { hash } from 'node:crypto'
import { put, storeFaults } from '@portcullis/ports/store/port'
import type { Provider } from 'oidc-provider'
import { oidcCollections } from './collection.ts'
import type { AdapterContext } from './store-adapter.ts'

/**
 * What is good once, such as a proof or an assertion: of any number of requests that bring it at the same moment one is the
 * first. oidc-provider looks for it and writes it down then; this writes it down where it is not there.
 */
export function demandFirstUses(
  provider: Provider,
  { store, clock, organization }: Pick<AdapterContext, 'store' | 'clock' | 'organization'>,
): void {
  /** `exp`: seconds since the epoch, by the system's clock as all of oidc-provider's. */
  provider.ReplayDetection.unique = async (issuer, id, exp = 0) => {
    const name = hash('sha256', `${issuer}\n${id}`, 'base64url')
    const expiresAt = clock.now() + Math.ceil(exp * 1000 - Date.now())
    const use = put(oidcCollections.ReplayDetection, organization, name, {}, { expiresAt, expect: 'absent' })
    try {
      await store.commit([use])
      return true
    } catch (thrown) {
      if (storeFaults.conflict.is(thrown)) return false
      throw thrown
    }
  }
}
