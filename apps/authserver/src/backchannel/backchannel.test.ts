import { hash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { parseCondition } from '@portcullis/cedar/parse'
import { makeAuthority } from '@portcullis/http1/fixture/make-certificate'
import { deliveries, idOf, SYSTEM, tokenRules } from '@portcullis/model/collection'
import { publicKeys } from '@portcullis/model/resource/public-key'
import type { TokenOutcome } from '@portcullis/model/resource/token-rules'
import { acrs } from '@portcullis/oauth/sign-in/acr'
import { put, remove } from '@portcullis/ports/store/port'
import { decodeJwt, exportJWK, generateKeyPair, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { TestBrowser, type Visit } from '../test-browser.ts'
import { BILLING, PASSWORD, post, requestToken, type TestClient, WAREHOUSE } from '../test-kit.ts'
import { openShop, type Shop } from '../test-shop.ts'

const CIBA = 'urn:openid:params:grant-type:ciba'
const keys = await generateKeyPair('ES256')
/** What was told to the app that wants to be told. */
const pings: Told[] = []
interface Told {
  readonly path: string
  readonly authorization: string | undefined
  readonly body: Readonly<Record<string, unknown>>
}
/** How it answers next; 204 then. */
const statuses: number[] = []
/** Deliveries are looked for every second. */
const toldOf = (id: unknown): Promise<Told> =>
  vi.waitUntil(() => pings.find(({ body }) => body.auth_req_id === id), { timeout: 5_000 })
const authority = makeAuthority()
const { certificate: cert, key } = authority.issue(['127.0.0.1'])
const trusted = getCACertificates('default')
const catcher = createServer({ cert, key }, async (request, response) => {
  const body = JSON.parse(Buffer.concat(await request.toArray()).toString())
  pings.push({ path: request.url ?? '', authorization: request.headers.authorization, body })
  response.writeHead(statuses.shift() ?? 204).end()
})
let shop: Shop
let till: TestClient
let bell: TestClient
let other: TestClient
let porter: TestClient

beforeAll(async () => {
  setDefaultCACertificates([...trusted, authority.certificate])
  catcher.listen(0, '127.0.0.1')
  await once(catcher, 'listening')
  shop = await openShop({ reachPrivate: true })
  const { world } = shop
  const jwks = publicKeys.parse({ keys: [{ ...(await exportJWK(keys.publicKey)), kid: 'k1', alg: 'ES256' }] })
  const catching = `https://127.0.0.1:${(catcher.address() as AddressInfo).port}`
  const grants = ['ciba' as const, 'refresh_token' as const]
  await world.app('till', { title: 'Till <1>', grants, jwks, authorizationDetails: ['payment'] })
  await world.app('bell', { grants, pingUri: `${catching}/ping` })
  await world.app('porter', { grants, pushUri: `${catching}/push` })
  await world.app('other', { grants })
  await world.app('plain', {})
  const all = [
    ['warehouse', ['list_items']],
    ['billing', ['pay']],
  ] as const
  await world.publish({ till: all, bell: all, porter: all, other: all, plain: all })
  const client = async (id: string) => ({ id, secret: await world.credential(id) })
  ;[till, bell, other] = [await client('till'), await client('bell'), await client('other')]
  porter = await client('porter')
})
afterAll(async () => {
  await shop.world.close()
  catcher.close()
  setDefaultCACertificates(trusted)
})

const ask = (client: TestClient, changes: Readonly<Record<string, string>> = {}) => {
  shop.world.clock.advance(60_000)
  return post(shop.world, '/backchannel', client, {
    scope: 'openid list_items',
    resource: WAREHOUSE,
    login_hint: 'ada',
    ...changes,
  })
}
const poll = (client: TestClient, id: unknown, wait = 5_000) => {
  shop.world.clock.advance(wait)
  return requestToken(shop.world, client, { grant_type: CIBA, auth_req_id: String(id) })
}
const openPage = async (browser: TestBrowser, user = 'ada', password = PASSWORD): Promise<Visit> => {
  shop.world.clock.advance(60_000)
  const page = await browser.open(`${shop.world.issuer()}/account/approvals`)
  return browser.submit(page, { user, password, decision: 'sign-in' })
}
/** Of several that wait the one that is meant, as its own form has it. */
const decide = (decision: string, id: unknown) => ({
  decision,
  request: hash('sha256', String(id), 'base64url'),
})
const answer = async (decision: string, id: unknown): Promise<Visit> => {
  const browser = new TestBrowser()
  return browser.submit(await openPage(browser), decide(decision, id), '/backchannel')
}

describe('an app that asks a user on another device (CIBA)', () => {
  it('polls until the user has answered, and gets tokens once', async () => {
    const asked = await ask(till, { binding_message: 'Table 7' })
    expect(asked.body).toMatchObject({ auth_req_id: expect.any(String), expires_in: expect.any(Number) })
    const id = asked.body.auth_req_id
    expect((await poll(till, id)).body.error).toBe('authorization_pending')
    const browser = new TestBrowser()
    const page = await openPage(browser)
    expect(page.html).toContain('Till &lt;1&gt;')
    expect(page.html).toContain('Table 7')
    expect(page.html).toContain('See what is in stock')
    const done = await browser.submit(page, { decision: 'allow' }, '/backchannel')
    expect(done.html).toContain('You allowed it to Till')
    const { status, body } = await poll(till, id)
    expect(status).toBe(200)
    expect(decodeJwt(String(body.access_token))).toMatchObject({
      sub: 'ada',
      aud: WAREHOUSE,
      scope: 'list_items',
    })
    expect(decodeJwt(String(body.id_token))).toMatchObject({ sub: 'ada', aud: 'till' })
    const again = await poll(till, id)
    expect(again.body.error).toBe('invalid_grant')
    const refreshed = await shop.refresh(body.refresh_token, {}, { id: 'till', secret: till.secret ?? '' })
    // Whoever sends a code twice may not be who it was for: all of it is over.
    expect(refreshed.body.error).toBe('invalid_grant')
  })

  it('is told by mail and on the account page, and only this user', async () => {
    const before = shop.world.mail.sent.length
    await ask(till, { binding_message: 'Table 8' })
    const sent = shop.world.mail.sent.slice(before)
    expect(sent).toMatchObject([{ to: 'ada@hmart.example' }])
    expect(sent[0]?.text).toContain(`${shop.world.issuer()}/account/approvals`)
    expect(sent[0]?.text).toContain('Table 8')
    const page = await openPage(new TestBrowser(), 'grace', 'another password')
    expect(page.html).not.toContain('Table 8')
  })

  it('is told that the user has answered, where it wants to be (ping)', async () => {
    const asked = await ask(bell, { client_notification_token: 'bell-token' })
    await answer('allow', asked.body.auth_req_id)
    expect(await toldOf(asked.body.auth_req_id)).toEqual({
      path: '/ping',
      authorization: 'Bearer bell-token',
      body: { auth_req_id: asked.body.auth_req_id },
    })
    expect((await poll(bell, asked.body.auth_req_id)).status).toBe(200)
  })

  it('learns that the user has refused', async () => {
    const { body } = await ask(other)
    const page = await answer('deny', body.auth_req_id)
    expect(page.html).toContain('You did not allow it')
    expect((await poll(other, body.auth_req_id)).body.error).toBe('access_denied')
  })

  it('is told to slow down when it polls too fast', async () => {
    const { body } = await ask(other)
    expect((await poll(other, body.auth_req_id)).body.error).toBe('authorization_pending')
    expect((await poll(other, body.auth_req_id, 0)).body.error).toBe('slow_down')
    expect((await poll(other, body.auth_req_id)).body.error).toBe('authorization_pending')
  })

  it('gets nothing for the request of another app', async () => {
    const { body } = await ask(till, { binding_message: 'Table 9' })
    expect((await poll(other, body.auth_req_id)).body.error).toBe('invalid_grant')
  })

  it('gets nothing once the time is over', async () => {
    const { body } = await ask(other)
    shop.world.clock.advance(3_600_000)
    expect((await poll(other, body.auth_req_id)).body.error).toMatch(/invalid_grant|expired_token/)
    expect((await openPage(new TestBrowser())).html).not.toContain('Apps that ask you')
  })

  it('shows and carries what is asked for beyond scopes (RFC 9396)', async () => {
    const details = [{ type: 'payment', invoice: 'A-1', cents: 1200 }]
    const authorization_details = JSON.stringify(details)
    const asked = await ask(till, { scope: 'openid pay', resource: BILLING, authorization_details })
    const browser = new TestBrowser()
    const page = await openPage(browser)
    expect(page.html).toContain('Pay one invoice')
    await browser.submit(page, decide('allow', asked.body.auth_req_id), '/backchannel')
    const { body } = await poll(till, asked.body.auth_req_id)
    expect(decodeJwt(String(body.access_token)).authorization_details).toEqual(details)
  })

  it('names the user by an ID token, or by a token that it has signed itself', async () => {
    const hint = (claims: Record<string, unknown> = {}, key = keys.privateKey) =>
      new SignJWT({ iss: 'till', sub: 'ada', aud: shop.world.issuer(), jti: crypto.randomUUID(), ...claims })
        .setProtectedHeader({ alg: 'ES256', kid: 'k1' })
        .setExpirationTime('2m')
        .sign(key)
    const by = (login_hint_token: string) => ask(till, { login_hint: '', login_hint_token })
    const token = await hint()
    expect((await by(token)).status).toBe(200)
    expect((await by(token)).body.error).toBe('invalid_request')
    expect((await by(await hint({}, (await generateKeyPair('ES256')).privateKey))).body.error).toBe(
      'invalid_request',
    )
    expect((await by(await hint({ sub: 'nobody' }))).body.error).toBe('unknown_user_id')
  })

  it.each<[string, string, Record<string, string>]>([
    ['nobody is named', 'invalid_request', { login_hint: '' }],
    ['there is no such user', 'unknown_user_id', { login_hint: 'nobody' }],
    ['two hints name a user', 'invalid_request', { id_token_hint: 'a.b.c' }],
    ['a message is too long', 'invalid_binding_message', { binding_message: 'x'.repeat(101) }],
    [
      'a message is no plain text',
      'invalid_binding_message',
      { binding_message: 'see https://evil.example <b>' },
    ],
    ['it sends a user code', 'invalid_request', { user_code: '1234' }],
    ['it may not ask for a scope', 'invalid_scope', { scope: 'openid order_item' }],
  ])('is refused where %s', async (_, error, changes) => {
    expect((await ask(till, changes)).body.error).toBe(error)
  })

  it('is refused where its grants do not name it, and where it does not prove who it is', async () => {
    const plain = { id: 'plain', secret: await shop.world.credential('plain') }
    expect((await ask(plain)).status).toBe(400)
    expect((await ask({ id: 'till' })).status).toBe(401)
  })

  it('cannot wear a user down', async () => {
    const answers = []
    shop.world.clock.advance(3_600_000)
    for (let i = 0; i < 12; i++) {
      const wanted = { scope: 'openid', login_hint: 'grace' }
      answers.push(await post(shop.world, '/backchannel', other, wanted))
    }
    expect(answers.at(0)?.status).toBe(200)
    expect(answers.at(-1)?.body.error).toBe('access_denied')
  })
})

describe('an app that is brought its tokens (push)', () => {
  const askByPorter = async (changes: Readonly<Record<string, string>> = {}) =>
    (await ask(porter, { client_notification_token: 'porter-token', ...changes })).body.auth_req_id

  it('gets them once the user has allowed it, with proof that they belong together', async () => {
    const id = await askByPorter()
    await answer('allow', id)
    const { path, authorization, body } = await toldOf(id)
    expect([path, authorization]).toEqual(['/push', 'Bearer porter-token'])
    expect(body).toMatchObject({ token_type: 'Bearer', expires_in: expect.any(Number) })
    expect(decodeJwt(String(body.access_token))).toMatchObject({
      sub: 'ada',
      aud: WAREHOUSE,
      client_id: 'porter',
    })
    const halfOf = (text: unknown) =>
      hash('sha256', String(text), 'buffer').subarray(0, 16).toString('base64url')
    expect(decodeJwt(String(body.id_token))).toMatchObject({
      iss: shop.world.issuer(),
      sub: 'ada',
      aud: 'porter',
      at_hash: halfOf(body.access_token),
      'urn:openid:params:jwt:claim:rt_hash': halfOf(body.refresh_token),
      'urn:openid:params:jwt:claim:auth_req_id': id,
    })
    const again = await shop.refresh(body.refresh_token, {}, { id: 'porter', secret: porter.secret ?? '' })
    expect(again.status).toBe(200)
  })

  it('may not ask for them, before or after', async () => {
    const id = await askByPorter()
    expect((await poll(porter, id)).body.error).toBe('unauthorized_client')
    await answer('allow', id)
    await toldOf(id)
    expect((await poll(porter, id)).body.error).toBe('unauthorized_client')
  })

  it('is brought the same again as long as it does not take it', async () => {
    const id = await askByPorter()
    statuses.push(500)
    await answer('allow', id)
    const first = await toldOf(id)
    shop.world.clock.advance(60_000)
    const all = () => pings.filter(({ body }) => body.auth_req_id === id)
    await expect.poll(() => all().length, { timeout: 5_000 }).toBe(2)
    expect(all()[1]).toEqual(first)
    await expect
      .poll(() =>
        shop.world.store.find(deliveries, SYSTEM).then((each) => each.filter(({ value }) => value.id === id)),
      )
      .toEqual([])
  })

  it('that never takes them has nothing: what they gave is revoked', async () => {
    const id = await askByPorter()
    statuses.push(...Array<number>(7).fill(500))
    await answer('allow', id)
    const all = () => pings.filter(({ body }) => body.auth_req_id === id)
    for (let tries = 1; tries <= 7; tries++) {
      await expect.poll(() => all().length, { timeout: 5_000 }).toBe(tries)
      shop.world.clock.advance(1_000_000)
    }
    const refresh_token = all()[0]?.body.refresh_token
    await expect
      .poll(() => shop.world.log.lines.some(({ message }) => message.includes('what it gave is revoked')), {
        timeout: 5_000,
      })
      .toBe(true)
    const refreshed = await shop.refresh(refresh_token, {}, { id: 'porter', secret: porter.secret ?? '' })
    expect(refreshed.body.error).toBe('invalid_grant')
  })

  it('is told that the user has refused, and that nobody answered in time', async () => {
    const refused = await askByPorter()
    await answer('deny', refused)
    expect((await toldOf(refused)).body).toEqual({ auth_req_id: refused, error: 'access_denied' })
    const ignored = await askByPorter()
    shop.world.clock.advance(3_600_000)
    expect((await toldOf(ignored)).body).toMatchObject({ auth_req_id: ignored, error: 'expired_token' })
  })

  it('is told what token rules refuse', async () => {
    const id = await askByPorter()
    // From where the app asked, the page where the user answers does not tell.
    const parsed = parseCondition('context.address.isLoopback()')
    if (!parsed.ok) throw new Error('no condition')
    const rules = [{ name: 'nobody', condition: parsed.value, outcome: { refuse: 'not today' } }]
    const sets = [{ name: 'all', roles: {}, groups: {}, rules }]
    await shop.world.store.commit([put(tokenRules, 'hmart', idOf.tokenRules, { sets })])
    await answer('allow', id)
    const { body } = await toldOf(id)
    await shop.world.store.commit([remove(tokenRules, 'hmart', idOf.tokenRules)])
    expect(body).toMatchObject({
      error: 'access_denied',
      error_description: expect.stringContaining('not today'),
    })
    expect(body).not.toHaveProperty('access_token')
  })

  it('finds nothing readable in the store', async () => {
    const id = await askByPorter()
    statuses.push(500)
    await answer('allow', id)
    const { body } = await toldOf(id)
    const stored = JSON.stringify(await shop.world.store.find(deliveries, SYSTEM))
    expect(stored).toContain('sealed')
    expect(stored).not.toContain(body.access_token)
    expect(stored).not.toContain(body.refresh_token)
  })
})

it('an app that wants a second factor has it asked for before a user on another device allows it', async () => {
  const { body } = await ask(other, { acr_values: acrs.multiFactor })
  const factor = await answer('allow', body.auth_req_id)
  expect(factor.html).toContain('Set up your authenticator app')
  expect((await poll(other, body.auth_req_id)).body.error).toBe('authorization_pending')
})

describe('what token rules ask of a user on another device', () => {
  const rule = (outcome: TokenOutcome) => {
    const sets = [{ name: 'all', roles: {}, groups: {}, rules: [{ name: 'one', outcome }] }]
    return shop.world.store.commit([put(tokenRules, 'hmart', idOf.tokenRules, { sets })])
  }
  const endRules = () => shop.world.store.commit([remove(tokenRules, 'hmart', idOf.tokenRules)])

  it('is asked before they allow it, by whoever can mend it', async () => {
    await shop.world.organization('hmart', { oneTimeCodes: 'mail' })
    const { body } = await ask(other, { binding_message: 'Table 20' })
    await rule({ stepUp: { acr: acrs.multiFactor } })
    const browser = new TestBrowser()
    const factor = await browser.submit(
      await openPage(browser),
      decide('allow', body.auth_req_id),
      '/backchannel',
    )
    expect(factor.html).toContain('Enter the code that you get by mail')
    const code = /: (\d{4} \d{4})/.exec(shop.world.mail.sent.at(-1)?.text ?? '')?.[1] ?? ''
    const page = await browser.submit(factor, { code, decision: 'verify' })
    const done = await browser.submit(page, decide('allow', body.auth_req_id), '/backchannel')
    expect(done.html).toContain('You allowed it')
    const { status, body: tokens } = await poll(other, body.auth_req_id)
    await endRules()
    await shop.world.organization('hmart')
    expect(status).toBe(200)
    expect(decodeJwt(String(tokens.access_token)).acr).toBe(acrs.multiFactor)
  })

  it('is told where nobody may allow it, and the request goes on waiting', async () => {
    const { body } = await ask(other)
    await rule({ refuse: 'not today' })
    const page = await answer('allow', body.auth_req_id)
    await endRules()
    expect([page.status, page.html.includes('Nobody may allow that: not today')]).toEqual([422, true])
    expect((await poll(other, body.auth_req_id)).body.error).toBe('authorization_pending')
  })
})
