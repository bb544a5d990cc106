import { Secret } from '@portcullis/kernel/secret'
import { secondFactors } from '@portcullis/model/collection'
import { put } from '@portcullis/ports/store/port'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openServedSite, type ServedSite } from '../served-test-kit.ts'
import { resource, WAREHOUSE } from '../test-kit.ts'

const PASSWORD = 'correct horse battery'
let site: ServedSite

beforeAll(async () => {
  site = await openServedSite()
  const users = [
    resource('User', 'ada', '{ title: Ada, roles: [clerk] }'),
    resource('User', 'off', '{ title: Off, disabled: true }'),
    resource('User', 'careful', '{ title: Careful }'),
  ]
  const { controlPlane } = site
  await controlPlane.apply({ ...WAREHOUSE, 'users.yaml': users.join('---\n') }, { actor: 'test' })
  for (const user of ['ada', 'off', 'careful'])
    await controlPlane.setPassword('hmart', user, new Secret(PASSWORD))
  const factor = { sealed: 'x', confirmedAt: '2026-01-01T00:00:00Z', usedStep: 1, recovery: [] }
  await site.store.commit([put(secondFactors, 'hmart', 'careful', factor)])
})
afterAll(() => site.close())

const check = (user: string, changes: object = {}) =>
  site.clientWith('gateway.sync').checkPassword({
    body: { organization: 'hmart', user, password: PASSWORD, address: '192.0.2.1', ...changes },
  })

describe('a password that came with a call', () => {
  it.each([
    ['ada', {}, { outcome: 'accepted', roles: ['clerk'] }],
    ['ada', { password: 'wrong' }, { outcome: 'refused', roles: [] }],
    ['ada', { password: '' }, { outcome: 'refused', roles: [] }],
    ['ada', { organization: 'other' }, { outcome: 'refused', roles: [] }],
    ['off', {}, { outcome: 'refused', roles: [] }],
    ['nobody', {}, { outcome: 'refused', roles: [] }],
    ['__proto__', {}, { outcome: 'refused', roles: [] }],
    ['careful', {}, { outcome: 'second-factor', roles: [] }],
    ['careful', { password: 'wrong' }, { outcome: 'refused', roles: [] }],
  ])('of %s with %j', async (user, changes, answer) => {
    expect(await check(user, changes)).toEqual(answer)
  })

  it('is checked no further for who guesses from one place, and for others all the same', async () => {
    const from = { address: '2001:db8::1', password: 'wrong' }
    const outcomes = new Set<string>()
    for (let i = 0; i < 11; i++) outcomes.add((await check('ada', from)).outcome)
    expect(outcomes).toEqual(new Set(['refused', 'limited']))
    expect(await check('ada', { address: '2001:db8::2' })).toMatchObject({ outcome: 'limited' })
    expect(await check('ada', { address: '192.0.2.9' })).toMatchObject({ outcome: 'accepted' })
  })

  it('is checked for gateways alone', async () => {
    const client = site.clientWith('resources.read resources.write')
    const body = { organization: 'hmart', user: 'ada', password: PASSWORD, address: '192.0.2.1' }
    await expect(client.checkPassword({ body })).rejects.toMatchObject({ status: 403 })
  })
})
