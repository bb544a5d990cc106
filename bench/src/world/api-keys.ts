import { newApiKey } from '@portcullis/kernel/api-key'
import { fingerprintOf, type Secret } from '@portcullis/kernel/secret'
import type { ApiKey } from '@portcullis/model/credential/api-key'

export interface IssuedKeys {
  /** As gateways know them. */
  readonly known: readonly ApiKey[]
  readonly secrets: readonly Secret[]
}

/** Keys of the app of this world. */
export function issueKeys(count: number): IssuedKeys {
  const now = Date.now()
  const issued = Array.from({ length: count }, () => newApiKey(now))
  const known = issued.map(
    ({ id, key }, i): ApiKey => ({
      ...{ position: i + 1, id, organization: 'bench', app: 'robot' },
      ...{ hash: fingerprintOf(key), issuedAt: now },
    }),
  )
  return { known, secrets: issued.map(({ key }) => key) }
}
