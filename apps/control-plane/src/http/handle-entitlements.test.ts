import { askForScopes } from '@portcullis/oauth/entitlement/entitlements'
import { readRevocations } from '@portcullis/oauth/revocation/revocation-log'
import { expect, it, onTestFinished } from 'vitest'
import { openServedSite } from '../served-test-kit.ts'
import { faultOf, WAREHOUSE } from '../test-kit.ts'

it('lists what was given in advance, and takes it back with the tokens of whoever had it', async () => {
  const site = await openServedSite()
  onTestFinished(() => site.close())
  const { controlPlane, store, clock, log } = site
  await controlPlane.apply(WAREHOUSE, { actor: 'test' })
  const holder = { kind: 'user', name: 'alice' } as const
  const offer = {
    api: undefined,
    scopes: ['list_items'],
    approvers: undefined,
    withinMillis: 0,
    lifeMillis: 60_000,
    origin: 'TokenRules a',
  }
  const asked = { holder, audience: 'https://api.example/warehouse/v1', scopes: ['list_items'] }
  await askForScopes({ store, clock, log }, 'hmart', asked, offer)
  const client = site.clientWith('approvals.decide')
  const params = { organization: 'hmart' }
  const [given] = (await client.listEntitlements({ params })).entitlements
  expect(given).toMatchObject({ holder, scopes: ['list_items'], from: 'TokenRules a' })
  const id = given?.id ?? ''
  expect(await client.withdrawEntitlement({ params: { ...params, id } })).toMatchObject({ position: 1 })
  expect((await readRevocations(store, 0, 10)).entries).toMatchObject([{ what: 'subject', value: 'alice' }])
  expect((await client.listEntitlements({ params })).entitlements).toEqual([])
  const again = client.withdrawEntitlement({ params: { ...params, id } })
  expect((await faultOf(again)).code).toBe('entitlement.unknown')
})
