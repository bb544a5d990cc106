import { Secret } from '@portcullis/kernel/secret'
import { identityProviderSpec } from '@portcullis/model/resource/identity-provider/identity-provider'
import { manualClock } from '@portcullis/ports/clock/memory'
import { openMemoryCounters } from '@portcullis/ports/counters/memory'
import { collectingLog } from '@portcullis/ports/log/memory'
import { openMemoryStore } from '@portcullis/ports/store/memory'
import { openMemoryVault } from '@portcullis/ports/vault/memory'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { TestBrowser } from '../test-browser.ts'
import { post, requestToken, WAREHOUSE } from '../test-kit.ts'
import { CALLBACK, openShop, type Shop } from '../test-shop.ts'
import { CheckedClients } from './checked-clients.ts'
import { declareProvider } from './fixture/declare-provider.ts'
import { type SecondProvider, startSecondProvider } from './fixture/second-provider.ts'
import type { Upstream } from './upstream.ts'

/** What a client is called there is nothing that an app could be called here. */
const THERE = 'Till 7/west'
const SECRET = 'a secret: of the till & more'
const GRANTS = ['client_credentials', 'authorization_code', 'refresh_token'] as const

let shop: Shop
let second: SecondProvider

beforeAll(async () => {
  shop = await openShop({ reachPrivate: true, vault: openMemoryVault({ ours: 'our own secret' }) })
  second = await startSecondProvider(
    [
      {
        client_id: THERE,
        client_secret: SECRET,
        redirect_uris: [],
        response_types: [],
        grant_types: ['client_credentials'],
      },
    ],
    {
      clientCredentials: { enabled: true },
      introspection: { enabled: true },
    },
  )
})
afterAll(async () => {
  await second.close()
  await shop.world.close()
})
beforeEach(async () => {
  second.state.away = false
  shop.world.clock.advance(600_000)
  await declareChecking()
  await declareApp()
  await shop.world.publish({ till: [['warehouse', ['list_items']]], shop: [['warehouse', ['list_items']]] })
})

const declareChecking = (changes: object = {}) =>
  declareProvider(shop.world, 'head-office', {
    ...{ title: 'Head office', type: 'oidc', issuer: second.url, clientId: 'portcullis' },
    authentication: { by: 'secret', secret: 'ours' },
    clientChecks: {},
    ...changes,
  })
const declareApp = (changes: Parameters<Shop['world']['app']>[1] = {}) =>
  shop.world.app('till', {
    grants: [...GRANTS],
    redirectUris: [CALLBACK],
    checkedBy: { identityProvider: 'head-office', clientId: THERE },
    ...changes,
  })
const ask = (secret: string, id = THERE) =>
  requestToken(
    shop.world,
    { id: encodeURIComponent(id), secret: encodeURIComponent(secret) },
    { grant_type: 'client_credentials', resource: WAREHOUSE, scope: 'list_items' },
  )
const askedThere = () => second.asked('/token').length + second.asked('/token/introspection').length

describe('an app that an identity provider checks', () => {
  it.each(['token', 'introspection'])(
    'has tokens of ours by what it is called there, or here (%s)',
    async (by) => {
      await declareChecking({ clientChecks: { by } })
      for (const id of [THERE, 'till']) {
        const { status, body } = await ask(SECRET, id)
        expect({ status, error: body.error }).toEqual({ status: 200, error: undefined })
        expect(decodeJwt(String(body.access_token))).toMatchObject({ client_id: 'till', sub: 'till' })
      }
      expect((await ask('wrong')).body.error).toBe('invalid_client')
    },
  )

  it('signs users in by what it is called there', async () => {
    const client = { id: encodeURIComponent(THERE), secret: encodeURIComponent(SECRET) }
    const code = await shop.obtainCode({ client_id: THERE, scope: 'list_items' })
    const { body } = await shop.redeem(code, {}, client)
    expect(decodeJwt(String(body.access_token))).toMatchObject({ client_id: 'till', sub: 'ada' })
    const again = await shop.refresh(body.refresh_token, {}, client)
    expect(again.body.scope).toBe('list_items')
  })

  it('pushes requests by its name here', async () => {
    const asked = new URL(shop.request({ client_id: 'till', scope: 'list_items' })).searchParams
    const client = { id: 'till', secret: encodeURIComponent(SECRET) }
    const pushed = await post(shop.world, '/request', client, Object.fromEntries(asked))
    expect(pushed.status).toBe(201)
    const query = new URLSearchParams({ client_id: 'till', request_uri: String(pushed.body.request_uri) })
    const page = await new TestBrowser().open(`${shop.world.issuer()}/auth?${query}`)
    expect(page.html).toContain('name="password"')
  })

  it('is asked about once in a while, by all who wait', async () => {
    await declareChecking({ clientChecks: { keepFor: '2m' } })
    const before = askedThere()
    await Promise.all([ask(SECRET), ask(SECRET), ask(SECRET)])
    expect(askedThere() - before).toBe(1)
    shop.world.clock.advance(119_000)
    await ask(SECRET)
    expect(askedThere() - before).toBe(1)
    shop.world.clock.advance(1_000)
    await ask(SECRET)
    expect(askedThere() - before).toBe(2)
  })

  it('is out with its provider, at once', async () => {
    expect((await ask(SECRET)).status).toBe(200)
    for (const changes of [{ disabled: true }, { clientChecks: undefined }]) {
      await declareChecking(changes)
      expect((await ask(SECRET)).body.error).toBe('invalid_client')
    }
    await declareChecking()
    await declareApp({ disabled: true })
    expect((await ask(SECRET)).body.error).toBe('invalid_client')
  })

  it('is told to come again while its provider is away, and goes on with what was checked lately', async () => {
    second.state.away = true
    const { status, headers } = await ask(SECRET)
    expect({ status, after: headers.get('retry-after') }).toEqual({ status: 503, after: '5' })
    second.state.away = false
    expect((await ask(SECRET)).status).toBe(200)
    second.state.away = true
    expect((await ask(SECRET)).status).toBe(200)
  })

  it('is not guessed at without end, and goes on where it is known, whoever guesses', async () => {
    expect((await ask(SECRET)).status).toBe(200)
    const before = askedThere()
    for (let i = 0; i < 15; i++) expect((await ask(`guess ${i}`)).body.error).toBe('invalid_client')
    expect(askedThere() - before).toBeLessThanOrEqual(10)
    // What was proved lately takes from no limit.
    expect((await ask(SECRET)).status).toBe(200)
    expect(shop.world.log.lines.map(({ message }) => message).join()).toContain(
      'Too many secrets of an app were tried',
    )
  })

  it('is asked about with its own credentials and nothing else, which are in no log', async () => {
    await ask(SECRET)
    await ask('another secret that is wrong')
    const lines = JSON.stringify(shop.world.log.lines)
    for (const secret of [SECRET, 'another secret that is wrong', 'our own secret'])
      expect(lines).not.toContain(secret)
  })

  it('has no say about other apps: a name of ours is ours', async () => {
    await declareApp({ checkedBy: { identityProvider: 'head-office', clientId: 'shop' } })
    const { body } = await ask(SECRET, 'shop')
    expect(body.error).toBe('invalid_client')
    expect((await ask(shop.secret, 'till')).body.error).toBe('invalid_client')
  })
})

it('lets an app go on where it is known while others guess from everywhere, and passes few of their guesses on', async () => {
  const clock = manualClock()
  let from = '192.0.2.1'
  let asked = 0
  const spec = identityProviderSpec.parse({
    ...{ title: 'Head office', type: 'oidc', issuer: 'https://office.example', clientId: 'us' },
    authentication: { by: 'secret', secret: 'ours' },
    clientChecks: { keepFor: '1s' },
  })
  const checkClient = async (_: string, secret: Secret) => {
    asked++
    return secret.reveal() === SECRET
  }
  const store = openMemoryStore(clock)
  const parts = {
    ...{ clock, store, counters: openMemoryCounters(clock), log: collectingLog(), organization: 'hmart' },
    listProviders: async () => [
      { name: 'office', spec, upstream: { by: 'browser', checkClient } as unknown as Upstream },
    ],
    address: () => from,
  }
  const [node, another] = [new CheckedClients(parts), new CheckedClients(parts)]
  const by = { identityProvider: 'office', clientId: THERE }
  const check = (secret: string, at = node) => at.check('till', by, new Secret(secret))
  expect(await check(SECRET)).toBe(true)
  for (let place = 0; place < 40; place++) {
    from = `198.51.100.${place}`
    for (let i = 0; i < 5; i++) expect(await check(`guess ${place} ${i}`)).toBe(false)
  }
  expect(asked).toBeLessThanOrEqual(101)
  // So long that nothing is remembered of the secret, and too short for another guess from elsewhere.
  clock.advance(1_000)
  expect(await check(SECRET)).toBe(false)
  from = '192.0.2.1'
  expect(await check(SECRET)).toBe(true)
  // Known at one node is known at all; what was proved is not, so that a secret ends there no later than here.
  const before = asked
  expect(await check(SECRET, another)).toBe(true)
  expect(asked - before).toBe(1)
})
