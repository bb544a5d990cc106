import { accountLinks, federatedUsers } from '@portcullis/model/collection'
import { readRevocations } from '@portcullis/oauth/revocation/revocation-log'
import { linkIdOf } from '@portcullis/oauth/sign-in/account-link'
import { personOf } from '@portcullis/oauth/sign-in/person'
import { put } from '@portcullis/ports/store/port'
import { expect, it, onTestFinished } from 'vitest'
import { openServedSite } from '../served-test-kit.ts'
import { faultOf, WAREHOUSE } from '../test-kit.ts'

it('lists, unlinks and removes whom identity providers told of, with tokens, and writes down who did', async () => {
  const site = await openServedSite()
  onTestFinished(() => site.close())
  const { controlPlane, store } = site
  await controlPlane.apply(WAREHOUSE, { actor: 'test' })
  const at = '2026-01-01T00:00:00.000Z'
  const linkOf = (user: string, provider: string) => {
    const key = { provider, issuer: 'https://idp.example', subject: 'z-1' }
    const id = linkIdOf(key)
    return { id, change: put(accountLinks, 'hmart', id, { ...key, user, linkedAt: at }) }
  }
  const [corp, office, alices] = [
    linkOf('corp-z', 'corp'),
    linkOf('corp-z', 'office'),
    linkOf('alice', 'other'),
  ]
  const zoe = { user: 'corp-z', title: 'Zoe', provider: 'corp', roles: [], groups: ['buyers'], createdAt: at }
  await store.commit([put(federatedUsers, 'hmart', 'corp-z', zoe), corp.change, office.change, alices.change])
  const client = site.clientWith('resources.read resources.write decisions.read')
  const params = { organization: 'hmart' }
  const ofZoe = { params: { ...params, user: 'corp-z' } }

  expect((await client.listFederatedUsers({ params })).users).toEqual([zoe])
  expect((await client.listAccountLinks(ofZoe)).links.map(({ provider }) => provider).toSorted()).toEqual([
    'corp',
    'office',
  ])
  const unlinked = await client.unlinkAccount({ params: { ...params, link: office.id } })
  expect(unlinked).toMatchObject({ link: { user: 'corp-z', provider: 'office' }, position: 1 })
  expect((await client.listAccountLinks(ofZoe)).links).toHaveLength(1)
  const again = client.unlinkAccount({ params: { ...params, link: office.id } })
  expect((await faultOf(again)).code).toBe('federation.unknown-link')

  expect(await client.removeFederatedUser(ofZoe)).toMatchObject({ user: zoe, position: 2 })
  expect(await personOf(store, 'hmart', 'corp-z')).toBeUndefined()
  expect((await client.listFederatedUsers({ params })).users).toEqual([])
  expect((await client.listAccountLinks(ofZoe)).links).toEqual([])
  expect((await faultOf(client.removeFederatedUser(ofZoe))).code).toBe('federation.unknown-user')
  const declared = client.removeFederatedUser({ params: { ...params, user: 'alice' } })
  expect((await faultOf(declared)).code).toBe('federation.unknown-user')
  expect((await client.listAccountLinks({ params: { ...params, user: 'alice' } })).links).toHaveLength(1)

  const revoked = (await readRevocations(store, 0, 10)).entries
  expect(revoked).toMatchObject([
    { what: 'subject', value: 'corp-z' },
    { what: 'subject', value: 'corp-z' },
  ])
  const { records } = await client.listAuditRecords({ params, query: {} })
  expect(records.map(({ action, target }) => [action, target])).toEqual(
    expect.arrayContaining([
      ['unlink-account', 'user/corp-z/office'],
      ['remove-federated-user', 'user/corp-z'],
    ]),
  )
  const reader = site.clientWith('resources.read')
  expect((await faultOf(reader.removeFederatedUser(ofZoe))).status).toBe(403)
})
