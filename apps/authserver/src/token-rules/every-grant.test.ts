import { idOf, tokenRules } from '@portcullis/model/collection'
import { type Grant, grant } from '@portcullis/model/resource/app'
import { publicKeys } from '@portcullis/model/resource/public-key'
import { put, remove } from '@portcullis/ports/store/port'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ownGrants } from '../grant/catalog.ts'
import { openVouching, SAML_BEARER } from '../grant/saml-bearer/fixture/vouching.ts'
import { APPROVED_TOKEN, SCOPE_REQUEST } from '../provider/client.ts'
import { TestBrowser } from '../test-browser.ts'
import { BILLING, PASSWORD, post, requestToken, type TokenAnswer, WAREHOUSE } from '../test-kit.ts'
import { openShop, type Shop } from '../test-shop.ts'

const URN = 'urn:ietf:params:oauth:'
let shop: Shop
let robot: { readonly id: string; readonly secret: string }
const keys = await generateKeyPair('ES256')

beforeAll(async () => {
  shop = await openShop()
  const { world } = shop
  const jwks = publicKeys.parse({ keys: [{ ...(await exportJWK(keys.publicKey)), kid: 'k1', alg: 'ES256' }] })
  await world.app('robot', {
    grants: ['client_credentials', 'jwt_bearer', 'password', 'saml_bearer', 'token_exchange', 'ciba'],
    jwks,
    serves: [WAREHOUSE],
    exchangeRights: [{ from: WAREHOUSE, to: BILLING, scopes: ['pay'], as: 'delegation', depth: 2 }],
  })
  await world.app('tv', { grants: ['device_code'], public: true })
  const items = ['warehouse', ['list_items', 'order_item']] as const
  await world.publish({ shop: [items], tv: [items], robot: [items, ['billing', ['pay']]] })
  robot = { id: 'robot', secret: await world.credential('robot') }
})
afterAll(() => shop.world.close())

const ask = (parameters: Readonly<Record<string, string>>): Promise<TokenAnswer> =>
  requestToken(shop.world, robot, { resource: WAREHOUSE, scope: 'list_items', ...parameters })

/** A token request of each grant that would be answered with a token. A grant without one here does not compile. */
const asking: Readonly<Record<Grant, () => Promise<() => Promise<TokenAnswer>>>> = {
  client_credentials: async () => () => ask({ grant_type: 'client_credentials' }),
  authorization_code: async () => {
    const code = await shop.obtainCode()
    return () => shop.redeem(code)
  },
  refresh_token: async () => {
    const { body } = await shop.redeem(await shop.obtainCode())
    return () => shop.refresh(body.refresh_token)
  },
  device_code: async () => {
    const tv = { id: 'tv' }
    const wanted = { scope: 'list_items', resource: WAREHOUSE }
    const device = (await post(shop.world, '/device/authorization', tv, wanted)).body
    const browser = new TestBrowser()
    shop.world.clock.advance(60_000)
    const page = await browser.open(`${shop.world.issuer()}/device`)
    const typed = await browser.submit(page, { user_code: String(device.user_code) })
    const signIn = await browser.submit(typed, { confirm: 'yes' })
    const consent = await browser.submit(signIn, { user: 'ada', password: PASSWORD, decision: 'sign-in' })
    await browser.submit(consent, { decision: 'allow' })
    const parameters = { grant_type: `${URN}grant-type:device_code`, device_code: String(device.device_code) }
    return () => requestToken(shop.world, tv, parameters)
  },
  ciba: async () => {
    const wanted = { scope: 'openid list_items', resource: WAREHOUSE, login_hint: 'ada' }
    const { auth_req_id } = (await post(shop.world, '/backchannel', robot, wanted)).body
    shop.world.clock.advance(60_000)
    const browser = new TestBrowser()
    const page = await browser.open(`${shop.world.issuer()}/account/approvals`)
    const signedIn = await browser.submit(page, { user: 'ada', password: PASSWORD, decision: 'sign-in' })
    await browser.submit(signedIn, { decision: 'allow' }, '/backchannel')
    const parameters = { grant_type: 'urn:openid:params:grant-type:ciba', auth_req_id: String(auth_req_id) }
    return () => requestToken(shop.world, robot, parameters)
  },
  token_exchange: async () => {
    const { body } = await shop.redeem(await shop.obtainCode())
    return () =>
      ask({
        grant_type: `${URN}grant-type:token-exchange`,
        subject_token: String(body.access_token),
        subject_token_type: `${URN}token-type:access_token`,
        resource: BILLING,
        scope: 'pay',
      })
  },
  jwt_bearer: async () => {
    const exp = Math.floor(Date.now() / 1000) + 60
    const claims = { iss: 'robot', sub: 'robot', aud: shop.world.issuer(), exp, jti: `${Math.random()}` }
    const header = { alg: 'ES256', kid: 'k1' }
    const assertion = await new SignJWT(claims).setProtectedHeader(header).sign(keys.privateKey)
    return () => ask({ grant_type: `${URN}grant-type:jwt-bearer`, assertion })
  },
  saml_bearer: async () => {
    const vouching = openVouching(shop.world)
    await vouching.declare()
    const assertion = Buffer.from(vouching.signed()).toString('base64url')
    return () => ask({ grant_type: SAML_BEARER, assertion })
  },
  password: async () => () => ask({ grant_type: 'password', username: 'ada', password: PASSWORD }),
}

describe('no grant can forget the token rules', () => {
  it.each(grant.options)(
    '%s: a rule that refuses all refuses it, and without it there is a token',
    async (name) => {
      const { store } = shop.world
      shop.world.clock.advance(600_000)
      expect((await (await asking[name]())()).status).toBe(200)
      const isAsked = await asking[name]()
      const rules = [{ name: 'nobody', outcome: { refuse: 'nobody gets a token' } }]
      const sets = [{ name: 'all', roles: {}, groups: {}, rules }]
      await store.commit([put(tokenRules, 'hmart', idOf.tokenRules, { sets })])
      const answer = await isAsked()
      await store.commit([remove(tokenRules, 'hmart', idOf.tokenRules)])
      expect(answer).toMatchObject({ status: 400, body: { error: 'access_denied' } })
      expect(answer.body.decision).toBe(answer.headers.get('portcullis-decision'))
      await expect
        .poll(() => shop.world.events.get('hmart', String(answer.body.decision)))
        .toMatchObject({ code: 'token-rules.refused', outcome: 'refused' })
    },
  )

  it('and every other grant of our own picks up what one of these has asked for, or gives no token', () => {
    const own = ownGrants.flatMap(({ name }) => (name === undefined ? [] : [name]))
    expect(own.every((each) => Object.hasOwn(asking, each))).toBe(true)
    const others = ownGrants.filter(({ name }) => name === undefined).map(({ type }) => type)
    expect(others).toEqual([APPROVED_TOKEN, SCOPE_REQUEST])
  })
})
