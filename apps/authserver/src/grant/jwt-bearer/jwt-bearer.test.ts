import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { publicKeys } from '@portcullis/model/resource/public-key'
import { decodeJwt, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import { allowInsecureRequests, clientCredentialsGrant, discovery, PrivateKeyJwt } from 'openid-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BILLING, openWorld, requestToken, type TestClient, WAREHOUSE, type World } from '../../test-kit.ts'

const TYPE = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
const keys = await generateKeyPair('ES256')
const jwks = publicKeys.parse({ keys: [{ ...(await exportJWK(keys.publicKey)), kid: 'k1', alg: 'ES256' }] })

let world: World
let stock: TestClient
let count = 0

beforeAll(async () => {
  world = await openWorld({ reachPrivate: true })
  const both = [
    ['warehouse', ['list_items']],
    ['billing', ['pay']],
  ] as const
  const app = { grants: ['jwt_bearer', 'client_credentials'] as const, jwks }
  await world.app('stock', { ...app, grants: [...app.grants] })
  await world.app('trusted', { grants: ['jwt_bearer'], jwks, vouchesForUsers: true })
  await world.app('keyed', { grants: ['client_credentials'], authentication: 'private_key_jwt', jwks })
  await world.app('api', {
    grants: ['jwt_bearer'],
    jwks,
    serves: [WAREHOUSE],
    exchangeRights: [{ from: WAREHOUSE, to: BILLING, scopes: ['pay'], as: 'delegation', depth: 4 }],
  })
  await world.user('ada')
  await world.password('ada')
  await world.publish({ stock: both, trusted: both, keyed: both, api: both, remote: both })
  stock = { id: 'stock', secret: await world.credential('stock') }
})
afterAll(() => world.close())

const sign = (
  client: TestClient,
  changes: JWTPayload = {},
  key = keys.privateKey,
  header: { readonly typ?: string } = {},
): Promise<string> => {
  const now = Math.floor(Date.now() / 1000)
  const claims = { iss: client.id, sub: client.id, aud: world.issuer(), exp: now + 60, jti: `j${count++}` }
  return new SignJWT({ ...claims, ...changes })
    .setProtectedHeader({ alg: 'ES256', kid: 'k1', ...header })
    .sign(key)
}
const ask = (client: TestClient, assertion: string, changes = {}) =>
  requestToken(world, client, { grant_type: TYPE, assertion, resource: WAREHOUSE, ...changes })

describe('an assertion of an app (RFC 7523)', () => {
  it('gives a token for the app itself', async () => {
    const { status, body } = await ask(stock, await sign(stock), { scope: 'list_items' })
    expect({ status, body }).toMatchObject({
      status: 200,
      body: { scope: 'list_items', token_type: 'Bearer' },
    })
    expect(decodeJwt(String(body.access_token))).toMatchObject({
      sub: 'stock',
      client_id: 'stock',
      aud: WAREHOUSE,
    })
  })

  it('names the issuer or the token endpoint, exactly and alone', async () => {
    const endpoint = `${world.issuer()}/token`
    expect((await ask(stock, await sign(stock, { aud: [endpoint] }))).status).toBe(200)
    for (const aud of [
      `${world.issuer()}/`,
      [world.issuer(), 'https://elsewhere.example'],
      world.url,
      undefined,
    ]) {
      expect((await ask(stock, await sign(stock, { aud: aud as never }))).body.error).toBe('invalid_grant')
    }
  })

  it('is of its own kind, where it says its kind (RFC 8725 §3.11)', async () => {
    const typed = (typ: string) => sign(stock, {}, keys.privateKey, { typ })
    for (const typ of ['JWT', 'authorization-grant+jwt'])
      expect((await ask(stock, await typed(typ))).status).toBe(200)
    for (const typ of ['dpop+jwt', 'at+jwt', 'client-authentication+jwt', 'oauth-authz-req+jwt'])
      expect((await ask(stock, await typed(typ))).body.error).toBe('invalid_grant')
  })

  it('is good once, however many present it at the same moment', async () => {
    const assertion = await sign(stock)
    const answers = await Promise.all(Array.from({ length: 4 }, () => ask(stock, assertion)))
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 400, 400, 400])
  })

  it('is short, timely, and signed by the app itself', async () => {
    const now = Math.floor(Date.now() / 1000)
    const other = await generateKeyPair('ES256')
    const wrong = [
      await sign(stock, { exp: now + 3600 }),
      await sign(stock, { exp: now - 1 }),
      await sign(stock, { nbf: now + 60 }),
      await sign(stock, { jti: undefined as never }),
      await sign(stock, { iss: 'trusted' }),
      await sign(stock, {}, other.privateKey),
      'a.b.c',
    ]
    for (const assertion of wrong) expect((await ask(stock, assertion)).body.error).toBe('invalid_grant')
  })

  it('is for a user only where the app may vouch, and the user is there', async () => {
    expect((await ask(stock, await sign(stock, { sub: 'ada' }))).body.error).toBe('invalid_grant')
    const trusted = { id: 'trusted', secret: await world.credential('trusted') }
    const { body } = await ask(trusted, await sign(trusted, { sub: 'ada' }))
    expect(decodeJwt(String(body.access_token))).toMatchObject({ sub: 'ada', client_id: 'trusted' })
    expect((await ask(trusted, await sign(trusted, { sub: 'nobody' }))).body.error).toBe('invalid_grant')
  })

  it('gives no more than the subscription', async () => {
    expect((await ask(stock, await sign(stock), { scope: 'order_item' })).body.error).toBe('invalid_scope')
  })
})

describe('on behalf of', () => {
  it('is token exchange, with the token that the app was called with as the assertion', async () => {
    const api = { id: 'api', secret: await world.credential('api') }
    const token = (await ask(stock, await sign(stock))).body.access_token
    const changes = { requested_token_use: 'on_behalf_of', scope: 'pay', resource: BILLING }
    const { body } = await ask(api, String(token), changes)
    expect(decodeJwt(String(body.access_token))).toMatchObject({
      sub: 'stock',
      aud: BILLING,
      client_id: 'api',
      act: { sub: 'api' },
    })
    expect((await ask(stock, String(token), changes)).status).toBe(400)
    expect((await ask(api, await sign(api), changes)).body.error).toBe('invalid_grant')
    expect((await ask(api, String(token), { requested_token_use: 'something' })).body.error).toBe(
      'invalid_request',
    )
  })
})

describe('private_key_jwt', () => {
  const assertionOf = (assertion: string) => ({
    client_assertion: assertion,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  })
  const askKeyed = (assertion: string, id = 'keyed') =>
    requestToken(
      world,
      { id },
      { grant_type: 'client_credentials', resource: WAREHOUSE, ...assertionOf(assertion) },
    )

  it('proves who an app is, with a client that knows only the standards', async () => {
    const config = await discovery(new URL(world.issuer()), 'keyed', {}, PrivateKeyJwt(keys.privateKey), {
      execute: [allowInsecureRequests],
    })
    const tokens = await clientCredentialsGrant(config, { resource: WAREHOUSE, scope: 'list_items' })
    expect(decodeJwt(tokens.access_token)).toMatchObject({ sub: 'keyed' })
  })

  it('is good once, for us alone, and short', async () => {
    const keyed = { id: 'keyed' }
    const now = Math.floor(Date.now() / 1000)
    const assertion = await sign(keyed)
    expect((await askKeyed(assertion)).status).toBe(200)
    expect((await askKeyed(assertion)).status).toBe(401)
    for (const changes of [{ aud: [world.issuer(), 'https://elsewhere'] }, { exp: now + 3600 }]) {
      expect((await askKeyed(await sign(keyed, changes))).body.error).toBe('invalid_client')
    }
  })

  it('leaves an app that has keys no way in with a secret', async () => {
    const secret = await world.credential('keyed')
    const answer = await requestToken(world, { id: 'keyed', secret }, { grant_type: 'client_credentials' })
    expect(answer.status).toBe(401)
  })

  it('fetches keys from where the app publishes them, and follows no redirect', async () => {
    let status = 200
    const server = createServer((_, response) => {
      if (status === 302) response.setHeader('Location', '/elsewhere')
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(jwks))
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const jwksUri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`
    const spec = { grants: ['client_credentials'], authentication: 'private_key_jwt', jwksUri } as const
    await world.app('remote', { ...spec, grants: [...spec.grants] })
    expect((await askKeyed(await sign({ id: 'remote' }), 'remote')).status).toBe(200)
    status = 302
    await world.app('remote', { ...spec, grants: [...spec.grants], jwksUri: `${jwksUri}2` })
    expect((await askKeyed(await sign({ id: 'remote' }), 'remote')).body.access_token).toBeUndefined()
    server.close()
  })
})
