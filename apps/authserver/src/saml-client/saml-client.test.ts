import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openVouching } from '../grant/saml-bearer/fixture/vouching.ts'
import { newPkce } from '../test-browser.ts'
import { openWorld, WAREHOUSE, type World } from '../test-kit.ts'

const SAML = 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer'
const CALLBACK = 'https://till.example/callback'
let world: World
let vouching: ReturnType<typeof openVouching>

beforeAll(async () => {
  world = await openWorld()
  const grants = ['client_credentials', 'authorization_code', 'refresh_token'] as const
  const asserted = { redirectUris: [CALLBACK], assertedBy: 'corp' }
  await world.app('till', { grants: [...grants], ...asserted })
  await world.app('desk', { grants: [...grants], ...asserted })
  await world.app('plain', { grants: ['client_credentials'] })
  const warehouse = [['warehouse', ['list_items']]] as const
  await world.publish({ till: warehouse, desk: warehouse, plain: warehouse })
  vouching = openVouching(world)
  await declare()
})
afterAll(() => world.close())

const declare = (changes: object = {}) =>
  vouching.declare({ vouchesForUsers: false, vouchesForApps: true, ...changes })
const asserted = (name = 'till', changes: object = {}) =>
  vouching.signed({ subject: { value: name }, ...changes })
const wanted = { grant_type: 'client_credentials', resource: WAREHOUSE, scope: 'list_items' }

async function ask(
  xml: string,
  changes: Readonly<Record<string, string>> = {},
  path = '/token',
  headers: Record<string, string> = {},
) {
  const client_assertion = Buffer.from(xml).toString('base64url')
  const form = { ...(path === '/token' && wanted), client_assertion_type: SAML, client_assertion, ...changes }
  const answer = await fetch(`${world.issuer()}${path}`, {
    method: 'POST',
    body: new URLSearchParams(form),
    headers,
  })
  return { status: answer.status, body: (await answer.json()) as Readonly<Record<string, unknown>> }
}

describe('an app that proves who it is by a SAML assertion (RFC 7522 §2.2)', () => {
  it('has tokens, whether it says its name besides or not', async () => {
    for (const changes of [{}, { client_id: 'till' }]) {
      const { status, body } = await ask(asserted(), changes)
      expect({ status, error: body.error }).toEqual({ status: 200, error: undefined })
      expect(decodeJwt(String(body.access_token))).toMatchObject({ sub: 'till', client_id: 'till' })
    }
  })

  it('proves it at every endpoint that asks who asks', async () => {
    const { body } = await ask(asserted())
    const token = String(body.access_token)
    expect((await ask(asserted(), { token }, '/token/introspection')).body.active).toBe(true)
    expect((await ask(asserted('desk'), { token }, '/token/introspection')).body.active).toBe(false)
    const { challenge } = newPkce()
    const request = {
      response_type: 'code',
      redirect_uri: CALLBACK,
      scope: 'list_items',
      resource: WAREHOUSE,
    }
    const pkce = { client_id: 'till', code_challenge: challenge, code_challenge_method: 'S256' }
    const pushed = await ask(asserted(), { ...request, ...pkce }, '/request')
    expect(pushed.status).toBe(201)
  })

  it('shows an assertion once, however many requests bring it at the same moment', async () => {
    const xml = asserted()
    const answers = await Promise.all([ask(xml), ask(xml), ask(xml)])
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 401, 401])
  })

  it.each<[string, () => string]>([
    ['that nobody signed', () => vouching.say({ subject: { value: 'till' } })],
    ['of another issuer', () => asserted('till', { issuer: 'https://else.example' })],
    ['for somebody else', () => asserted('till', { audiences: [['https://else.example']] })],
    [
      'that was sent elsewhere',
      () => asserted('till', vouching.confirmed({ recipient: 'https://else.example' })),
    ],
    [
      'that is over',
      () => asserted('till', vouching.confirmed({ notOnOrAfter: world.clock.now() - 61_000 })),
    ],
    ['for an app that is not there', () => asserted('nobody')],
    ['for an app that proves itself otherwise', () => asserted('plain')],
    ['that is none', () => '<a/>'],
  ])('is not believed by one %s', async (_, xml) => {
    expect(await ask(xml())).toMatchObject({ status: 401, body: { error: 'invalid_client' } })
  })

  it('says nothing else of itself beside it', async () => {
    const authorization = `Basic ${Buffer.from('till:secret').toString('base64')}`
    const twice = [
      await ask(asserted(), { client_id: 'desk' }),
      await ask(asserted(), { client_secret: 'secret' }),
      await ask(asserted(), {}, '/token', { authorization }),
      await ask('', { client_assertion: '' }),
    ]
    for (const each of twice) expect(each).toMatchObject({ status: 400, body: { error: 'invalid_request' } })
  })

  it('proves it in no other way', async () => {
    const secret = await world.credential('till')
    const body = new URLSearchParams({ ...wanted, client_id: 'till', client_secret: secret })
    expect((await fetch(vouching.endpoint(), { method: 'POST', body })).status).toBe(401)
    const unproved = new URLSearchParams({ ...wanted, client_id: 'till' })
    expect((await fetch(vouching.endpoint(), { method: 'POST', body: unproved })).status).toBe(401)
  })

  it('is believed while its provider vouches for apps, and no longer', async () => {
    for (const changes of [
      { vouchesForApps: false },
      { vouchesForApps: false, vouchesForUsers: true },
      { disabled: true },
    ]) {
      await declare(changes)
      expect((await ask(asserted())).status).toBe(401)
    }
    await declare()
    expect((await ask(asserted())).status).toBe(200)
  })
})
