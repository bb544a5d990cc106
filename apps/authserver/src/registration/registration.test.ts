import { fingerprintOf, Secret } from '@portcullis/kernel/secret'
import { credentials, idOf, registrationLeaves, resources } from '@portcullis/model/collection'
import type { AppSpec } from '@portcullis/model/resource/app'
import { put } from '@portcullis/ports/store/port'
import { exportJWK, generateKeyPair } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openWorld, requestToken, WAREHOUSE, type World } from '../test-kit.ts'
import { send } from './test-register.ts'

const SHOP = { client_name: 'Shop', redirect_uris: ['https://shop.example/callback'] }
const ROBOT = { grant_types: ['client_credentials'] }
let world: World

beforeAll(async () => {
  world = await openWorld()
  const rule = {
    access: 'open',
    grants: ['authorization_code', 'refresh_token', 'client_credentials'],
  } as const
  await world.organization('hmart', {
    registration: { production: { ...rule, grants: [...rule.grants], mostApps: 20 } },
  })
  await world.organization('shut')
  await world.organization('few', {
    registration: { sandbox: { access: 'open', grants: ['client_credentials'], mostApps: 1 } },
  })
  await world.organization('asks', {
    registration: {
      sandbox: { access: 'token', grants: ['client_credentials'], mostApps: 5 },
      production: { access: 'token', grants: ['client_credentials'], mostApps: 5 },
    },
  })
})
afterAll(() => world.close())

const register = (metadata: unknown, organization = 'hmart', token?: string) =>
  send(world, 'POST', '/register', metadata, token, organization)
const manage = (
  method: string,
  { body }: Awaited<ReturnType<typeof register>>,
  metadata?: unknown,
  token?: unknown,
) =>
  send(
    world,
    method,
    `/register/${body.client_id}`,
    metadata,
    String(token ?? body.registration_access_token),
  )
const specOf = async (name: unknown): Promise<AppSpec | undefined> => {
  const found = await world.store.get(resources, 'hmart', idOf.resource('App', String(name)))
  return found?.value.kind === 'App' ? found.value.spec : undefined
}
const credentialsToken = (body: Readonly<Record<string, unknown>>) =>
  requestToken(
    world,
    { id: String(body.client_id), secret: String(body.client_secret) },
    { grant_type: 'client_credentials', resource: WAREHOUSE },
  )

describe('an app that registers itself (RFC 7591)', () => {
  it('is an app like any other: shown its secret once, subscribed to nothing, allowed nothing', async () => {
    const answer = await register({ ...ROBOT, client_name: 'Robot', scope: 'list_items', unknown_member: 1 })
    expect(answer).toMatchObject({
      status: 201,
      body: {
        client_name: 'Robot',
        client_id: expect.stringMatching(/^app-[0-9a-f]{24}$/),
        client_secret: expect.stringMatching(/^pcs_/),
        client_secret_expires_at: 0,
        client_id_issued_at: expect.any(Number),
        grant_types: ['client_credentials'],
        token_endpoint_auth_method: 'client_secret_basic',
        registration_access_token: expect.stringMatching(/^prt_/),
      },
    })
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.body.registration_client_uri).toBe(`${world.issuer()}/register/${answer.body.client_id}`)
    expect(await specOf(answer.body.client_id)).toMatchObject({
      stage: 'production',
      registered: { by: 'open' },
    })
    expect((await credentialsToken(answer.body)).body.error).toBe('invalid_target')
    await world.publish({ [String(answer.body.client_id)]: [['warehouse', ['list_items']]] })
    await world.restart()
    expect((await credentialsToken(answer.body)).status).toBe(200)
  })

  it('is found in the metadata only where somebody may register', async () => {
    const told = async (name: string) =>
      (await send(world, 'GET', '/.well-known/openid-configuration', undefined, undefined, name)).body
    expect((await told('hmart')).registration_endpoint).toBe(`${world.issuer()}/register`)
    expect(await told('shut')).not.toHaveProperty('registration_endpoint')
    expect((await register(ROBOT, 'shut')).status).toBe(403)
  })

  it.each([
    [
      'a redirect URI that is no safe one',
      { redirect_uris: ['http://shop.example/cb'] },
      'invalid_redirect_uri',
    ],
    ['no redirect URI for codes', {}, 'invalid_redirect_uri'],
    ['a grant that the organization does not give', { grant_types: ['password'] }, 'invalid_client_metadata'],
    [
      'token exchange',
      { grant_types: ['urn:ietf:params:oauth:grant-type:token-exchange'] },
      'invalid_client_metadata',
    ],
    [
      'a name that is turned around',
      { ...SHOP, client_name: 'Bank\u202Egnippohs' },
      'invalid_client_metadata',
    ],
    ['a name of two lines', { ...SHOP, client_name: 'Shop\nsays' }, 'invalid_client_metadata'],
    ['tokens by the browser', { ...SHOP, response_types: ['token'] }, 'invalid_client_metadata'],
    [
      'a public app that would act for itself',
      { ...ROBOT, token_endpoint_auth_method: 'none' },
      'invalid_client_metadata',
    ],
    [
      'keys in two places',
      { ...SHOP, jwks: { keys: [] }, jwks_uri: 'https://a.example/k' },
      'invalid_client_metadata',
    ],
    [
      'a private key',
      { ...SHOP, jwks: { keys: [{ kty: 'OKP', crv: 'Ed25519', x: 'x', d: 'y' }] } },
      'invalid_client_metadata',
    ],
    ['keys that are not at https', { ...SHOP, jwks_uri: 'http://127.0.0.1/keys' }, 'invalid_client_metadata'],
    [
      'an address from which sectors would be fetched',
      { ...SHOP, sector_identifier_uri: 'https://10.0.0.1/sector' },
      'invalid_client_metadata',
    ],
    ['pairwise subjects', { ...SHOP, subject_type: 'pairwise' }, 'invalid_client_metadata'],
    [
      'more redirect URIs than anybody needs',
      { redirect_uris: Array(33).fill('https://a.example/') },
      'invalid_redirect_uri',
    ],
    [
      'secrets that would have to be kept readable',
      { ...SHOP, token_endpoint_auth_method: 'client_secret_jwt' },
      'invalid_client_metadata',
    ],
    ['no name at all', { ...SHOP, client_name: ' ' }, 'invalid_client_metadata'],
  ])('is refused with %s', async (_, metadata, error) => {
    const { status, body } = await register(metadata)
    expect({ status, error: body.error }).toEqual({ status: 400, error })
  })

  it('is refused with a body that is too large, or no JSON', async () => {
    expect((await register({ ...SHOP, more: 'x'.repeat(40_000) })).status).toBe(413)
    expect((await send(world, 'POST', '/register', '{"a":1,"a":2}')).body.error).toBe(
      'invalid_client_metadata',
    )
  })

  it('is refused once as many have registered as may, also of several at once', async () => {
    const answers = await Promise.all([1, 2, 3].map(() => register(ROBOT, 'few')))
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 403, 403])
  })
})

describe('where registering takes leave', () => {
  const leave = async (token: string) =>
    world.store.commit([
      put(registrationLeaves, 'asks', fingerprintOf(new Secret(token)), { stage: 'sandbox', by: 'admin' }),
    ])

  it('a token is for one app, of its stage', async () => {
    expect((await register(ROBOT, 'asks')).status).toBe(400)
    expect((await register({ ...ROBOT, stage: 'sandbox' }, 'asks')).status).toBe(401)
    expect((await register(ROBOT, 'asks', 'made-up')).status).toBe(401)
    await leave('iat-1')
    expect((await register({ ...ROBOT, stage: 'production' }, 'asks', 'iat-1')).status).toBe(400)
    const answers = await Promise.all([1, 2].map(() => register(ROBOT, 'asks', 'iat-1')))
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 401])
  })
})

describe('an app that manages its registration (RFC 7592)', () => {
  it('reads it without its secret, changes it whole, and has another token from then on', async () => {
    const made = await register({ ...SHOP, post_logout_redirect_uris: ['https://shop.example/bye'] })
    const read = await manage('GET', made)
    expect(read.status).toBe(200)
    expect(read.body).not.toHaveProperty('client_secret')
    expect(JSON.stringify(read.body)).not.toMatch(/firstParty|vouches/)
    const changed = { client_id: made.body.client_id, redirect_uris: ['https://shop.example/other'] }
    const updated = await manage('PUT', made, changed)
    expect(updated).toMatchObject({ status: 200, body: { redirect_uris: ['https://shop.example/other'] } })
    expect(await specOf(made.body.client_id)).not.toHaveProperty('signOutRedirectUris')
    expect((await manage('GET', made)).status).toBe(401)
    expect((await manage('GET', updated)).status).toBe(200)
  })

  it('keeps what people decided about it', async () => {
    const made = await register(SHOP)
    const name = String(made.body.client_id)
    const spec = { ...(await specOf(name)), firstParty: true, owner: 'ada' } as AppSpec
    await world.apply({ kind: 'App', organization: 'hmart', name, spec })
    const updated = await manage('PUT', made, { ...SHOP, client_id: name, firstParty: false, owner: 'eve' })
    expect(updated.status).toBe(200)
    expect(await specOf(name)).toMatchObject({ firstParty: true, owner: 'ada', stage: 'production' })
  })

  it('keeps the protection that people demand of it', async () => {
    const { publicKey } = await generateKeyPair('ES256')
    const keys = [await exportJWK(publicKey)]
    const bank = { ...SHOP, token_endpoint_auth_method: 'private_key_jwt', jwks: { keys } }
    const made = await register(bank)
    const name = String(made.body.client_id)
    const decided = { profile: 'fapi2', consentedScopes: ['list_items'], authorizationDetails: ['payment'] }
    const spec = { ...(await specOf(name)), ...decided } as AppSpec
    await world.apply({ kind: 'App', organization: 'hmart', name, spec })
    expect((await manage('PUT', made, { ...bank, client_id: name })).status).toBe(200)
    expect(await specOf(name)).toMatchObject(decided)
  })

  it.each([
    ['another client_id', { client_id: 'app-other' }],
    ['a secret of its own choice', { client_secret: 'mine' }],
    ['a registration access token of its own choice', { registration_access_token: 'mine' }],
    ['grants that are not given', { grant_types: ['password'] }],
  ])('is refused %s', async (_, changes) => {
    const made = await register(SHOP)
    const { status } = await manage('PUT', made, { ...SHOP, client_id: made.body.client_id, ...changes })
    expect(status).toBe(400)
    expect((await manage('GET', made)).status).toBe(200)
  })

  it('is nobody to others: not with another app’s token, not without one', async () => {
    const [one, two] = [await register(SHOP), await register(SHOP)]
    const wrong = await manage('GET', one, undefined, two.body.registration_access_token)
    expect(wrong.status).toBe(401)
    expect(wrong.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"')
    expect((await manage('DELETE', one, undefined, 'prt_made-up')).status).toBe(401)
  })

  it('ends it, and with it its secret and its tokens', async () => {
    const made = await register(ROBOT)
    expect((await manage('DELETE', made)).status).toBe(204)
    expect(await specOf(made.body.client_id)).toBeUndefined()
    expect((await manage('GET', made)).status).toBe(401)
    expect((await credentialsToken(made.body)).body.error).toBe('invalid_client')
    const where = { attribute: 'app', equals: String(made.body.client_id) }
    expect(await world.store.find(credentials, 'hmart', { where })).toEqual([])
  })

  it('that people subscribed stays there, disabled, until people remove it', async () => {
    const made = await register(ROBOT)
    const app = String(made.body.client_id)
    const spec = { app, product: 'stock', plan: 'free', scopes: [] }
    await world.apply({ kind: 'Subscription', organization: 'hmart', name: 'own', spec })
    expect((await manage('DELETE', made)).status).toBe(204)
    expect(await specOf(app)).toMatchObject({ disabled: true })
  })

  it('that people have disabled gets nothing, and manages nothing', async () => {
    const made = await register(ROBOT)
    const name = String(made.body.client_id)
    await world.apply({
      kind: 'App',
      organization: 'hmart',
      name,
      spec: { ...(await specOf(name)), disabled: true } as AppSpec,
    })
    expect((await credentialsToken(made.body)).body.error).toBe('invalid_client')
    expect((await manage('GET', made)).status).toBe(401)
  })
})

it('limits how often somebody registers or guesses from one place', async () => {
  const limited = await openWorld()
  try {
    const answers = []
    for (let i = 0; i < 61; i++)
      answers.push(await send(limited, 'GET', '/register/app-a', undefined, 'guess'))
    expect(answers.at(0)?.status).toBe(401)
    expect(answers.at(-1)?.status).toBe(429)
    expect(Number(answers.at(-1)?.headers.get('retry-after'))).toBeGreaterThan(0)
  } finally {
    await limited.close()
  }
})
