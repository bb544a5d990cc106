import { fingerprintOf, Secret } from '@portcullis/kernel/secret'
import { provisionedUsers, provisioningTokens, resources } from '@portcullis/model/collection'
import { put } from '@portcullis/ports/store/port'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openServedSite, type ServedSite } from '../served-test-kit.ts'

let site: ServedSite

beforeEach(async () => {
  site = await openServedSite()
  await site.controlPlane.apply({ 'o.yaml': ORGANIZATION }, { actor: 'test' })
})
afterEach(() => site.close())

const ORGANIZATION = 'kind: Organization\norganization: acme\nname: acme\nspec:\n  title: Acme\n'
const params = { organization: 'acme' }

describe('tokens for provisioning', () => {
  it('are shown once, kept as fingerprints, listed and revoked', async () => {
    const client = site.clientWith('resources.read resources.write')
    const { id, token } = await client.issueProvisioningToken({ params })
    const hash = fingerprintOf(new Secret(token))
    expect(await site.store.get(provisioningTokens, 'acme', hash)).toBeDefined()
    const { tokens } = await client.listProvisioningTokens({ params })
    expect(tokens.map((each) => each.id)).toEqual([id])
    expect(JSON.stringify(tokens)).not.toContain(token)
    await client.revokeProvisioningToken({ params: { ...params, token: id } })
    expect(await site.store.get(provisioningTokens, 'acme', hash)).toBeUndefined()
    await expect(client.revokeProvisioningToken({ params: { ...params, token: id } })).rejects.toMatchObject({
      status: 404,
    })
  })

  it('are issued by nobody who may only read, and for no organization that is not there', async () => {
    const reader = site.clientWith('resources.read')
    await expect(reader.issueProvisioningToken({ params })).rejects.toMatchObject({ status: 403 })
    const client = site.clientWith('resources.write')
    await expect(client.issueProvisioningToken({ params: { organization: 'nobody' } })).rejects.toMatchObject(
      { code: 'credential.unknown-organization' },
    )
  })
})

describe('users whom a provisioning client owns', () => {
  const at = '2026-01-01T00:00:00Z'
  const kept = { user: 'babs', userName: 'babs', createdAt: at, changedAt: at }
  const resource = {
    kind: 'User',
    organization: 'acme',
    name: 'babs',
    spec: { title: 'Babs', disabled: false },
  } as const

  beforeEach(() =>
    site.store.commit([
      put(provisionedUsers, 'acme', 'babs', kept),
      put(resources, 'acme', 'User/babs', resource),
    ]),
  )

  it('are neither exported nor pruned', async () => {
    expect(JSON.stringify(await site.controlPlane.exportFiles('acme'))).not.toContain('babs')
    await site.controlPlane.apply({ 'o.yaml': ORGANIZATION }, { actor: 'test', prune: true })
    expect(await site.store.get(resources, 'acme', 'User/babs')).toBeDefined()
  })

  it('are taken over by whoever declares them', async () => {
    const declared = 'kind: User\norganization: acme\nname: babs\nspec:\n  title: Barbara\n'
    await site.controlPlane.apply({ 'u.yaml': declared }, { actor: 'test' })
    expect(await site.store.get(provisionedUsers, 'acme', 'babs')).toBeUndefined()
    expect(JSON.stringify(await site.controlPlane.exportFiles('acme'))).toContain('Barbara')
  })
})
