import { appendRevocations } from '@portcullis/oauth/revocation/revocation-log'
import { decodeJwt, exportJWK, generateKeyPair } from 'jose'
import {
  allowInsecureRequests,
  authorizationCodeGrant,
  type ClientAuth,
  discovery,
  None,
  PrivateKeyJwt,
} from 'openid-client'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { TestBrowser } from '../test-browser.ts'
import { post, requestToken, WAREHOUSE } from '../test-kit.ts'
import { CALLBACK, openShop, type Shop } from '../test-shop.ts'
import { type DocumentHost, startDocumentHost } from './fixture/document-host.ts'

const EDITOR = {
  client_name: 'The <b>editor</b>',
  redirect_uris: [CALLBACK],
  grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
  response_types: ['code'],
  token_endpoint_auth_method: 'none',
}
const keys = await generateKeyPair('ES256')
const jwks = { keys: [{ ...(await exportJWK(keys.publicKey)), kid: 'k1', alg: 'ES256' }] }

let shop: Shop
let host: DocumentHost
let count = 0

beforeAll(async () => {
  host = await startDocumentHost()
  shop = await openShop({ reachPrivate: true })
  await declare()
})
beforeEach(() => shop.world.clock.advance(60_000))
afterAll(async () => {
  await shop.world.close()
  await host.close()
})

async function declare(changes: Parameters<Shop['world']['app']>[1] = {}): Promise<void> {
  const places = [`${host.origin}/clients/`]
  await shop.world.app('editors', { ...shop.codeGrants, clientDocuments: places, ...changes })
  const documentApps = places.map((place) => ({ place, app: 'editors' }))
  const few = [['warehouse', ['list_items']]] as const
  await shop.world.publish({ editors: few, shop: few }, 'hmart', documentApps)
}

const publish = (changes: Readonly<Record<string, unknown>> = {}, headers?: Record<string, string>) =>
  host.publish(`/clients/${count++}.json`, { ...EDITOR, ...changes }, headers)
const asks = (client_id: string) => ({ client_id, scope: 'list_items' })
const begin = (client_id: string, changes = {}) =>
  new TestBrowser().open(shop.request({ ...asks(client_id), ...changes }))
const isTaken = async (client_id: string) => (await begin(client_id)).status === 200
const reasons = () =>
  shop.world.log.lines.flatMap(({ message, fields }) =>
    message === 'The document of a client is not taken.' ? [fields.reason] : [],
  )
async function tokensOf(id: string) {
  const code = await shop.obtainCode(asks(id))
  return (await shop.redeem(code, {}, { id } as Parameters<Shop['redeem']>[2])).body
}

describe('a client that describes itself in a document', () => {
  it('signs users in, and its tokens name its document', async () => {
    const id = publish()
    const { access_token, refresh_token } = await tokensOf(id)
    expect(decodeJwt(String(access_token))).toMatchObject({
      client_id: id,
      sub: 'ada',
      aud: WAREHOUSE,
      scope: 'list_items',
    })
    const again = await requestToken(
      shop.world,
      { id },
      { grant_type: 'refresh_token', refresh_token: String(refresh_token) },
    )
    expect(again.body).toMatchObject({ scope: 'list_items' })
  })

  it('works with a client library, and proves itself with a key of its document where that says so', async () => {
    const id = publish({ token_endpoint_auth_method: 'private_key_jwt', jwks })
    const redeem = async (authentication: ClientAuth) => {
      const options = { execute: [allowInsecureRequests] }
      const config = await discovery(new URL(shop.world.issuer()), id, undefined, authentication, options)
      expect(config.serverMetadata().client_id_metadata_document_supported).toBe(true)
      const parameters = { code: await shop.obtainCode(asks(id)), state: 'state-1', iss: shop.world.issuer() }
      const back = new URL(`${CALLBACK}?${new URLSearchParams(parameters)}`)
      const checks = { expectedState: 'state-1', pkceCodeVerifier: shop.pkce.verifier }
      return authorizationCodeGrant(config, back, checks)
    }
    const { access_token } = await redeem(PrivateKeyJwt({ key: keys.privateKey, kid: 'k1' }))
    expect(decodeJwt(access_token).client_id).toBe(id)
    for (const other of [
      None(),
      PrivateKeyJwt({ key: (await generateKeyPair('ES256')).privateKey, kid: 'k1' }),
    ]) {
      await expect(redeem(other)).rejects.toMatchObject({ error: 'invalid_client' })
    }
  })

  it('shows its host and where its answer goes, each time anew, and lets nothing of it be markup', async () => {
    const id = publish({ firstParty: true, consentedScopes: ['list_items'] })
    const browser = new TestBrowser()
    const page = await shop.signIn(browser, asks(id))
    expect(page.html).toContain(`<strong>${new URL(host.origin).host}</strong>`)
    expect(page.html).toContain('<strong>shop.example</strong>')
    expect(page.html).toContain('The &lt;b&gt;editor&lt;/b&gt;')
    expect((await browser.submit(page, { decision: 'allow' })).away?.searchParams.get('code')).toBeTruthy()
    const again = await browser.open(shop.request(asks(id)))
    expect(again.html).toContain('Allow')
  })

  it('has no more than the app that stands for it: scopes, grants, APIs', async () => {
    const id = publish()
    const beyond = await begin(id, { scope: 'order_item' })
    expect(beyond.away?.searchParams.get('error')).toBe('invalid_scope')
    const alone = await requestToken(
      shop.world,
      { id },
      { grant_type: 'client_credentials', resource: WAREHOUSE },
    )
    expect(alone.body).toMatchObject({ error: 'invalid_request' })
    const tokens = await tokensOf(id)
    const serves = { serves: [WAREHOUSE] }
    const nosy = publish({ ...serves, token_endpoint_auth_method: 'private_key_jwt', jwks })
    expect(tokens.scope).toBe('list_items')
    expect(await isTaken(nosy)).toBe(true)
  })

  it('is not the app that stands for it, which is no client itself', async () => {
    const { world } = shop
    const standing = { id: 'editors', secret: await world.credential('editors') }
    const asked = await post(world, '/token/introspection', standing, { token: 'x' })
    expect(asked.body.error).toBe('invalid_client')
  })

  it('is held to the redirect URIs of its document, to the letter', async () => {
    const id = publish()
    for (const redirect_uri of [`${CALLBACK}/`, 'https://evil.example/', `${CALLBACK}?a`]) {
      expect((await begin(id, { redirect_uri })).status).toBe(400)
    }
  })

  it.each<[string, Readonly<Record<string, unknown>>, string]>([
    ['names another client', { client_id: 'https://other.example/' }, 'another client_id'],
    ['names none', { client_id: undefined }, 'client_id'],
    ['has a secret', { client_secret: 'x' }, 'client_secret'],
    ['wants a secret', { token_endpoint_auth_method: 'client_secret_basic' }, 'token_endpoint_auth_method'],
    ['signs without keys', { token_endpoint_auth_method: 'private_key_jwt' }, 'nobody knows its keys'],
    ['has its keys elsewhere', { jwks_uri: 'https://other.example/jwks' }, 'another host'],
    ['shows a private key', { jwks: { keys: [{ ...jwks.keys[0], d: 'x' }] } }, 'jwks'],
    ['has no redirect URI', { redirect_uris: [] }, 'redirect URI'],
    ['sends users to a script', { redirect_uris: ['javascript:alert(1)'] }, 'scheme'],
    ['wants grants that it may not have', { grant_types: ['client_credentials'] }, 'grant'],
    ['has a name of no characters', { client_name: ' ' }, 'client_name'],
  ])('is none where its document %s, and operators read why', async (_, changes, reason) => {
    expect(await isTaken(publish(changes))).toBe(false)
    expect(reasons().at(-1)).toContain(reason)
  })

  it.each<[string, Parameters<DocumentHost['answer']>[1], string]>([
    ['is not there', (response) => response.writeHead(404).end(), 'status 404'],
    [
      'is elsewhere',
      (response) => response.writeHead(302, { location: '/clients/0.json' }).end(),
      'status 302',
    ],
    [
      'is a page',
      (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('{}'),
      'not JSON',
    ],
    [
      'is no JSON',
      (response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{'),
      'no JSON',
    ],
    [
      'is a list',
      (response) => response.writeHead(200, { 'content-type': 'application/json' }).end('[]'),
      'document',
    ],
    [
      'is too long',
      (response) =>
        response.writeHead(200, { 'content-type': 'application/json' }).end(`"${'a'.repeat(17_000)}"`),
      'longer',
    ],
    ['breaks off', (response) => response.destroy(), 'can’t be fetched'],
  ])('is none where its document %s, which strangers are not told', async (_, answer, reason) => {
    const id = host.answer(`/clients/${count++}.json`, answer)
    const page = await begin(id)
    expect({ status: page.status, told: page.html.includes(reason) }).toEqual({ status: 400, told: false })
    expect(reasons().at(-1)).toContain(reason)
  })

  it.each([
    ['outside of what is declared', (origin: string) => `${origin}/others/1.json`],
    ['at the place itself', (origin: string) => `${origin}/clients/`],
    ['by a detour', (origin: string) => `${origin}/others/../clients/0.json`],
    ['on a host that begins alike', (origin: string) => `${origin}1/clients/0.json`],
  ])('is none %s, and nothing is asked', async (_, address) => {
    const before = host.asked.length
    expect(await isTaken(address(host.origin))).toBe(false)
    expect(host.asked.length).toBe(before)
  })
})

describe('a document', () => {
  it('is asked for once by all who wait, and again when it is no longer fresh', async () => {
    const id = publish({}, { 'cache-control': 'public, max-age=600' })
    const path = new URL(id).pathname
    const times = () => host.asked.filter((each) => each === path).length
    await Promise.all([begin(id), begin(id), begin(id)])
    expect(times()).toBe(1)
    shop.world.clock.advance(599_000)
    await begin(id)
    expect(times()).toBe(1)
    shop.world.clock.advance(1_000)
    await begin(id)
    expect(times()).toBe(2)
  })

  it('counts while its host is away, for a day, and no longer once its host says that it is gone', async () => {
    const id = publish()
    const { pathname } = new URL(id)
    expect(await isTaken(id)).toBe(true)
    host.answer(pathname, (response) => response.writeHead(503).end())
    shop.world.clock.advance(3_600_000)
    expect(await isTaken(id)).toBe(true)
    shop.world.clock.advance(86_400_000)
    expect(await isTaken(id)).toBe(false)
    host.publish(pathname, EDITOR)
    expect(await isTaken(id)).toBe(true)
    host.answer(pathname, (response) => response.writeHead(404).end())
    shop.world.clock.advance(3_600_000)
    expect(await isTaken(id)).toBe(false)
  })

  it('is not asked for without end by whoever makes up addresses', async () => {
    for (let i = 0; i < 40; i++) await begin(`${host.origin}/clients/made-up/${i}`)
    expect(host.asked.filter((each) => each.includes('made-up')).length).toBeLessThanOrEqual(31)
    expect(reasons().at(-1)).toContain('too many')
    shop.world.clock.advance(60_000)
    expect(await isTaken(publish())).toBe(true)
  })
})

describe('who declares', () => {
  it('ends all of them at once by taking the place back, or by disabling the app', async () => {
    const id = publish()
    const { refresh_token } = await tokensOf(id)
    const refresh = async () =>
      (
        await requestToken(
          shop.world,
          { id },
          { grant_type: 'refresh_token', refresh_token: String(refresh_token) },
        )
      ).body.error
    for (const changes of [{ disabled: true }, { clientDocuments: ['https://other.example/'] }]) {
      await declare(changes)
      expect(await refresh()).toBe('invalid_client')
      expect(await isTaken(id)).toBe(false)
    }
    await declare()
    expect(await refresh()).toBeUndefined()
  })

  it('ends what they have by revoking the app, or one of them alone', async () => {
    const { world } = shop
    const [one, two] = [publish(), publish()]
    const held = new Map([
      [one, (await tokensOf(one)).refresh_token],
      [two, (await tokensOf(two)).refresh_token],
    ])
    const refresh = async (id: string) => {
      const parameters = { grant_type: 'refresh_token', refresh_token: String(held.get(id)) }
      const { body } = await requestToken(world, { id }, parameters)
      held.set(id, body.refresh_token)
      return body.error
    }
    const revoke = (value: string) => {
      const revoked = { issuer: world.issuer(), what: 'client', value } as const
      return appendRevocations(world.store, [{ ...revoked, before: Date.now(), until: Date.now() + 60_000 }])
    }
    await revoke(two)
    expect([await refresh(one), await refresh(two)]).toEqual([undefined, 'invalid_grant'])
    await revoke('editors')
    expect(await refresh(one)).toBe('invalid_grant')
  })

  it('asks more of them than they ask of themselves', async () => {
    await declare({ boundTokens: true, requests: 'pushed' })
    expect((await begin(publish())).away?.searchParams.get('error')).toBe('invalid_request')
    await declare()
  })

  it('is not told of where no app stands for others', async () => {
    await declare({ disabled: true })
    const metadata = await fetch(`${shop.world.issuer()}/.well-known/oauth-authorization-server`)
    expect(await metadata.json()).not.toHaveProperty('client_id_metadata_document_supported')
    await declare()
  })
})

it('is never asked for in a private network, by whatever name, unless the operator lets apps name such', async () => {
  const guarded = await openShop()
  const { port } = new URL(host.origin)
  const before = host.asked.length
  const names = [
    `http://127.0.0.1:${port}/clients/0.json`,
    `https://127.0.0.1:${port}/clients/0.json`,
    `https://localhost:${port}/clients/0.json`,
  ]
  await guarded.world.app('editors', { ...guarded.codeGrants, clientDocuments: names })
  for (const id of names) {
    expect((await new TestBrowser().open(guarded.request({ client_id: id }))).status).toBe(400)
  }
  expect(host.asked.length).toBe(before)
  await guarded.world.close()
})
