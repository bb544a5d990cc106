import { randomBytes } from 'node:crypto'
import type { ProvisioningTokenView } from '@portcullis/api-client/route/provisioning'
import { fingerprintOf, Secret } from '@portcullis/kernel/secret'
import { idOf, provisioningTokens, resources, SYSTEM } from '@portcullis/model/collection'
import type { Clock } from '@portcullis/ports/clock/port'
import { put, remove, type Store } from '@portcullis/ports/store/port'
import type { Changer } from '../change/changer.ts'
import { credentialFaults } from './fault.ts'

interface Parts {
  readonly store: Store
  readonly clock: Clock
  readonly changer: Changer
}

const MOST = 10

/** Who has such a token makes, changes and deactivates users of the organization, and knows no more of it. */
export interface ProvisioningTokens {
  issue(organization: string, actor: string): Promise<{ readonly id: string; readonly token: Secret }>
  list(organization: string): Promise<ProvisioningTokenView[]>
  revoke(organization: string, id: string, actor: string): Promise<void>
}

export function openProvisioningTokens({ store, clock, changer }: Parts): ProvisioningTokens {
  const read = (organization: string) => store.find(provisioningTokens, organization, { limit: MOST })
  return {
    async issue(organization, actor) {
      const token = new Secret(randomBytes(32).toString('base64url'))
      const hash = fingerprintOf(token)
      const id = hash.slice(0, 8)
      const value = { id, hash, issuedAt: new Date(clock.now()).toISOString() }
      await changer.amend(actor, 'issue provisioning token', organization, async () => {
        const owner = await store.get(resources, SYSTEM, idOf.resource('Organization', organization))
        if (owner === undefined) throw credentialFaults['unknown-organization']()
        if ((await read(organization)).length >= MOST) throw credentialFaults['too-many']()
        return {
          changes: [put(provisioningTokens, organization, hash, value, { expect: 'absent' })],
          result: undefined,
        }
      })
      return { id, token }
    },
    async list(organization) {
      const found = (await read(organization)).map(({ value: { id, issuedAt } }) => ({ id, issuedAt }))
      return found.toSorted((one, other) => one.issuedAt.localeCompare(other.issuedAt))
    },
    async revoke(organization, id, actor) {
      await changer.amend(actor, 'revoke provisioning token', `${organization}/${id}`, async () => {
        const found = (await read(organization)).find(({ value }) => value.id === id)
        if (found === undefined) throw credentialFaults.unknown()
        return { changes: [remove(provisioningTokens, organization, found.id)], result: undefined }
      })
    },
  }
}
