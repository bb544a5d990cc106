import { publicKeys } from '@portcullis/model/resource/public-key'
import {
  calculateJwkThumbprint,
  createRemoteJWKSet,
  decodeJwt,
  exportJWK,
  generateKeyPair,
  type JWTPayload,
  jwtVerify,
  SignJWT,
} from 'jose'
import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrlWithPAR,
  calculatePKCECodeChallenge,
  discovery,
  getDPoPHandle,
  PrivateKeyJwt,
  randomDPoPKeyPair,
  randomPKCECodeVerifier,
} from 'openid-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TestBrowser } from '../test-browser.ts'
import { PASSWORD, post, WAREHOUSE } from '../test-kit.ts'
import { CALLBACK, openShop, type Shop } from '../test-shop.ts'

const keys = await generateKeyPair('ES256')
const jwks = publicKeys.parse({ keys: [{ ...(await exportJWK(keys.publicKey)), kid: 'k1', alg: 'ES256' }] })

let shop: Shop

beforeAll(async () => {
  shop = await openShop()
  const { world } = shop
  const app = { ...shop.codeGrants, redirectUris: [CALLBACK] }
  await world.app('pusher', { ...app, requests: 'pushed' })
  await world.app('signer', { ...app, requests: 'signed', jwks })
  await world.app('bank', {
    ...app,
    authentication: 'private_key_jwt',
    jwks,
    profile: 'fapi2',
    firstParty: true,
  })
  await world.app('bound', { ...app, boundTokens: true })
  const all = [['warehouse', ['list_items']]] as const
  await world.publish({ shop: all, pusher: all, signer: all, bank: all, bound: all })
})
afterAll(() => shop.world.close())

const request = (app: string): Record<string, string> => ({
  client_id: app,
  response_type: 'code',
  redirect_uri: CALLBACK,
  scope: 'list_items',
  resource: WAREHOUSE,
  state: 's1',
  code_challenge: shop.pkce.challenge,
  code_challenge_method: 'S256',
})
const authorize = (parameters: Record<string, string>) =>
  new TestBrowser().open(`${shop.world.issuer()}/auth?${new URLSearchParams(parameters)}`)
const errorOf = ({ away, html }: { away: URL | undefined; html: string }): string =>
  away?.searchParams.get('error') ?? /<code>([a-z_]+):/.exec(html)?.[1] ?? ''

describe('a pushed request (RFC 9126)', () => {
  const push = async (changes = {}, client = { id: 'pusher', secret: '' }) =>
    post(
      shop.world,
      '/request',
      { ...client, secret: await shop.world.credential(client.id) },
      { ...request(client.id), ...changes },
    )

  it('is kept by the server, checked when it is pushed, and used by its name', async () => {
    const { status, body } = await push()
    expect({ status, body }).toMatchObject({ status: 201, body: { expires_in: 60 } })
    const page = await authorize({ client_id: 'pusher', request_uri: String(body.request_uri) })
    expect(page.html).toContain('name="password"')
    expect((await push({ redirect_uri: 'https://evil.example/' })).status).toBe(400)
    expect((await push({ scope: 'admin' })).body.error).toBe('invalid_scope')
  })

  it('is asked of apps that must push, and good only for the app that pushed it', async () => {
    expect(errorOf(await authorize(request('pusher')))).toBe('invalid_request')
    const { body } = await push()
    const other = await authorize({ client_id: 'shop', request_uri: String(body.request_uri) })
    expect(other.html).not.toContain('name="password"')
  })

  it('is taken from nobody without the app’s secret', async () => {
    const answer = await post(shop.world, '/request', { id: 'pusher', secret: 'wrong' }, request('pusher'))
    expect(answer).toMatchObject({ status: 401, body: { error: 'invalid_client' } })
  })
})

describe('a signed request (RFC 9101)', () => {
  const sign = (changes: JWTPayload = {}, key = keys.privateKey, typ = 'oauth-authz-req+jwt') => {
    const exp = Math.floor(Date.now() / 1000) + 60
    return new SignJWT({ ...request('signer'), iss: 'signer', aud: shop.world.issuer(), exp, ...changes })
      .setProtectedHeader({ alg: 'ES256', kid: 'k1', typ })
      .sign(key)
  }
  const open = async (signed: Promise<string>) =>
    authorize({ client_id: 'signer', response_type: 'code', request: await signed })

  it('is what the app has signed, and nothing beside it counts', async () => {
    const page = await authorize({ ...request('signer'), scope: 'admin', request: await sign() })
    expect(page.html).toContain('name="password"')
  })

  it('is asked of apps that must sign', async () => {
    expect(errorOf(await authorize(request('signer')))).toBe('invalid_request')
  })

  it('is refused with another’s signature, for another server, too long, of another type, or as an assertion', async () => {
    const other = await generateKeyPair('ES256')
    const far = Math.floor(Date.now() / 1000) + 3600
    const wrong = [
      sign({}, other.privateKey),
      sign({ aud: 'https://elsewhere.example' }),
      sign({ exp: far }),
      sign({}, keys.privateKey, 'at+jwt'),
      sign({ sub: 'signer' }),
      sign({ iss: 'shop' }),
    ]
    for (const each of wrong) expect(errorOf(await open(each))).toBe('invalid_request_object')
  })
})

describe('a signed answer (JARM)', () => {
  it('names its issuer and its app, so that no other answer can be put in its place', async () => {
    const browser = new TestBrowser()
    const next = await shop.signIn(browser, { response_mode: 'query.jwt', scope: 'list_items' })
    const done = await browser.submit(next, { decision: 'allow' })
    const jwt = done.away?.searchParams.get('response') ?? ''
    const set = createRemoteJWKSet(new URL(`${shop.world.issuer()}/jwks`))
    const { payload } = await jwtVerify(jwt, set, { issuer: shop.world.issuer(), audience: 'shop' })
    expect(payload).toMatchObject({ state: 'state-1', code: expect.any(String) })
    expect(done.away?.searchParams.has('code')).toBe(false)
    expect((await shop.redeem(String(payload.code))).status).toBe(200)
  })
})

describe('an app that must have bound tokens', () => {
  it('gets none without a proof', async () => {
    const code = await shop.obtainCode({ client_id: 'bound', scope: 'list_items' })
    const client = { id: 'bound', secret: await shop.world.credential('bound') }
    expect((await shop.redeem(code, {}, client)).body.error).toBe('invalid_grant')
  })
})

describe('an app under FAPI 2.0', () => {
  it('signs who it is, pushes its request and gets bound tokens, with a client that knows only the standards', async () => {
    const config = await discovery(new URL(shop.world.issuer()), 'bank', {}, PrivateKeyJwt(keys.privateKey), {
      execute: [allowInsecureRequests],
    })
    const dpop = await randomDPoPKeyPair('ES256')
    const DPoP = getDPoPHandle(config, dpop)
    const verifier = randomPKCECodeVerifier()
    const url = await buildAuthorizationUrlWithPAR(
      config,
      {
        redirect_uri: CALLBACK,
        scope: 'openid list_items',
        resource: WAREHOUSE,
        code_challenge: await calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      },
      { DPoP },
    )
    const browser = new TestBrowser()
    const page = await browser.open(url.href)
    const done = await browser.submit(page, { user: 'ada', password: PASSWORD, decision: 'sign-in' })
    if (done.away === undefined) throw new Error(done.html)
    const tokens = await authorizationCodeGrant(
      config,
      done.away,
      { pkceCodeVerifier: verifier },
      {},
      { DPoP },
    )
    expect(tokens.token_type).toBe('dpop')
    const jkt = await calculateJwkThumbprint(await exportJWK(dpop.publicKey))
    expect(decodeJwt(tokens.access_token).cnf).toEqual({ jkt })
  })

  it('gets nothing by a request that was not pushed', async () => {
    expect(errorOf(await authorize(request('bank')))).toBe('invalid_request')
  })
})
