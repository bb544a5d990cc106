import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { userCodes } from '@portcullis/model/collection'
import { openMemoryVault } from '@portcullis/ports/vault/memory'
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { TestBrowser } from '../test-browser.ts'
import { PASSWORD, post, type TestClient } from '../test-kit.ts'
import { openShop, type Shop } from '../test-shop.ts'

let shop: Shop
let caller: TestClient
let other: TestClient

beforeEach(async () => {
  shop = await openShop({ vault: openMemoryVault({ bringer: 'brings-secret' }) })
  const { world } = shop
  await world.app('caller', { grants: ['ciba'], userCodes: true })
  await world.app('other', { grants: ['ciba'], userCodes: true })
  await world.app('plain', { grants: ['ciba'] })
  const all = [['warehouse', ['list_items']]] as const
  await world.publish({ caller: all, other: all, plain: all })
  const client = async (id: string) => ({ id, secret: await world.credential(id) })
  ;[caller, other] = [await client('caller'), await client('other')]
})
afterEach(() => shop.world.close())

const ask = (client: TestClient, user_code?: string) =>
  post(shop.world, '/backchannel', client, {
    scope: 'openid list_items',
    login_hint: 'ada',
    ...(user_code && { user_code }),
  })
const onPage = async (form: Readonly<Record<string, string>>) => {
  const browser = new TestBrowser()
  const page = await browser.open(`${shop.world.issuer()}/account/approvals`)
  const signedIn = await browser.submit(page, { user: 'ada', password: PASSWORD, decision: 'sign-in' })
  return browser.submit(signedIn, form, '/user-code')
}
const choose = (code: string) => onPage({ code, decision: 'choose' })

describe('a user who has chosen a code', () => {
  it('is asked by those alone who know it, until it is taken away', async () => {
    const plain = { id: 'plain', secret: await shop.world.credential('plain') }
    expect((await ask(plain)).status).toBe(200)
    expect((await choose('plum-tree')).html).toContain('only with that code')
    expect(shop.world.mail.sent.at(-1)?.subject).toContain('Your code for apps was changed')
    expect((await ask(caller)).body.error).toBe('missing_user_code')
    expect((await ask(plain)).body.error).toBe('missing_user_code')
    expect((await ask(plain, 'plum-tree')).body.error).toBe('invalid_request')
    expect((await ask(caller, 'plum-trees')).body.error).toBe('invalid_user_code')
    expect((await ask(caller, 'plum-tree')).status).toBe(200)
    expect(JSON.stringify(await shop.world.store.find(userCodes, 'hmart'))).not.toContain('plum-tree')
    expect((await onPage({ decision: 'drop' })).html).toContain('without a code')
    expect((await ask(plain)).status).toBe(200)
  })

  it('cannot be guessed at, and no app uses up the guesses of another, nor the user’s patience', async () => {
    await choose('plum-tree')
    for (let tries = 0; tries < 10; tries++)
      expect((await ask(caller, 'wrong-one')).body.error).toBe('invalid_user_code')
    expect((await ask(caller, 'plum-tree')).body).toMatchObject({
      error: 'access_denied',
      error_description: expect.stringContaining('too many wrong codes'),
    })
    expect((await ask(other, 'plum-tree')).status).toBe(200)
  })

  it.each([
    ['short', 'six'],
    ['of one letter', 'aaaaaaa'],
    ['the password', PASSWORD],
  ])('does not choose one that is %s', async (_, code) => {
    expect((await choose(code)).status).toBe(422)
    expect((await ask(caller)).status).toBe(200)
  })
})

it('a user is told by the organization’s webhook as well', async () => {
  const told: unknown[] = []
  const bringer = createServer(async (request, response) => {
    told.push([request.headers.authorization, JSON.parse(Buffer.concat(await request.toArray()).toString())])
    response.writeHead(204).end()
  })
  onTestFinished(() => void bringer.close())
  bringer.listen(0, '127.0.0.1')
  await once(bringer, 'listening')
  const webhook = `http://127.0.0.1:${(bringer.address() as AddressInfo).port}/notices`
  await shop.world.organization('hmart', { notices: { webhook, secret: 'bringer' } })
  expect((await ask(caller)).status).toBe(200)
  await shop.world.organization('hmart')
  expect(told).toMatchObject([
    [
      'Bearer brings-secret',
      {
        organization: 'hmart',
        user: 'ada',
        text: expect.stringContaining('The caller app wants to act for you'),
      },
    ],
  ])
})
