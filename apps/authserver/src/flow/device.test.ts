import { decodeJwt } from 'jose'
import {
  allowInsecureRequests,
  discovery,
  initiateDeviceAuthorization,
  None,
  pollDeviceAuthorizationGrant,
} from 'openid-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TestBrowser } from '../test-browser.ts'
import { PASSWORD, post, requestToken, WAREHOUSE } from '../test-kit.ts'
import { openShop, type Shop } from '../test-shop.ts'

const TYPE = 'urn:ietf:params:oauth:grant-type:device_code'
let shop: Shop

beforeAll(async () => {
  shop = await openShop()
  await shop.world.app('tv', { title: 'The <TV>', grants: ['device_code', 'refresh_token'], public: true })
  const all = [['warehouse', ['list_items']]] as const
  await shop.world.publish({ tv: all, spa: all })
})
afterAll(() => shop.world.close())

const begin = async () =>
  (
    await post(
      shop.world,
      '/device/authorization',
      { id: 'tv' },
      { scope: 'list_items', resource: WAREHOUSE },
    )
  ).body
const poll = (code: unknown, wait = 5_000) => {
  shop.world.clock.advance(wait)
  return requestToken(shop.world, { id: 'tv' }, { grant_type: TYPE, device_code: String(code) })
}
/** As far as the question whether it is the user's own. */
async function type(code: unknown, browser = new TestBrowser()) {
  shop.world.clock.advance(60_000)
  const page = await browser.open(`${shop.world.issuer()}/device`)
  return { browser, page: await browser.submit(page, { user_code: String(code) }) }
}

describe('the device flow (RFC 8628)', () => {
  it('connects a device that its user recognises, with a client that knows only the standards', async () => {
    const config = await discovery(new URL(shop.world.issuer()), 'tv', {}, None(), {
      execute: [allowInsecureRequests],
    })
    const device = await initiateDeviceAuthorization(config, { scope: 'list_items', resource: WAREHOUSE })
    expect(device.verification_uri).toBe(`${shop.world.issuer()}/device`)
    const { browser, page } = await type(device.user_code.toLowerCase())
    expect(page.html).toContain('The &lt;TV&gt;')
    expect(page.html).toContain(device.user_code)
    const signIn = await browser.submit(page, { confirm: 'yes' })
    const consent = await browser.submit(signIn, { user: 'ada', password: PASSWORD, decision: 'sign-in' })
    const done = await browser.submit(consent, { decision: 'allow' })
    expect(done.html).toContain('Your device is connected')
    const tokens = await pollDeviceAuthorizationGrant(config, { ...device, interval: 0.01 })
    expect(decodeJwt(tokens.access_token)).toMatchObject({ sub: 'ada', client_id: 'tv', aud: WAREHOUSE })
    expect(tokens.refresh_token).toEqual(expect.any(String))
    expect((await poll(device.device_code)).body.error).toBe('invalid_grant')
  })

  it('waits until the user has decided, and tells of a refusal', async () => {
    const { device_code: device, user_code: user } = await begin()
    expect((await poll(device)).body.error).toBe('authorization_pending')
    expect((await poll(device, 1_000)).body.error).toBe('slow_down')
    const { browser, page } = await type(user)
    const refused = await browser.submit(page, { abort: 'yes' })
    expect(refused.html).toContain('The device was not connected')
    expect((await poll(device)).body.error).toBe('access_denied')
  })

  it('says no more of a code than that it does not work', async () => {
    const { user_code: user } = await begin()
    const { browser, page } = await type(user)
    await browser.submit(page, { abort: 'yes' })
    const [unknown, used] = [await type('BBBB-BBBB'), await type(user)]
    for (const { page: told } of [unknown, used]) expect(told.html).toContain('This code does not work')
  })

  it('takes no form from another site', async () => {
    const { user_code: user } = await begin()
    const form = new URLSearchParams({ user_code: String(user), confirm: 'yes', xsrf: 'guessed' })
    const answer = await new TestBrowser().open(`${shop.world.issuer()}/device`, form)
    expect(answer.html).not.toContain('name="password"')
  })

  it('shows the form anew to whose session is over', async () => {
    const form = new URLSearchParams({ user_code: 'BBBB-BBBB', xsrf: 'of before' })
    const page = await new TestBrowser().open(`${shop.world.issuer()}/device`, form)
    expect([page.status, page.html.includes('The code on your device')]).toEqual([200, true])
    expect(shop.world.log.lines.filter(({ level }) => level === 'error')).toEqual([])
  })

  it('is only for apps that name it, and for what they subscribe to', async () => {
    const other = await post(shop.world, '/device/authorization', { id: 'spa' }, { scope: 'list_items' })
    expect(other.status).toBe(400)
    const beyond = await post(shop.world, '/device/authorization', { id: 'tv' }, { scope: 'order_item' })
    expect(beyond.body.error).toBe('invalid_scope')
  })

  it('lets nobody try codes without end (§5.1)', async () => {
    const guess = () =>
      fetch(`${shop.world.issuer()}/device`, {
        method: 'POST',
        body: new URLSearchParams({ user_code: 'BBBB' }),
      })
    const answers = await Promise.all(Array.from({ length: 40 }, guess))
    const refused = answers.filter(({ status }) => status === 429)
    expect(refused.length).toBeGreaterThan(5)
    expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(await refused[0]?.json()).toMatchObject({ code: 'authserver.too-many-guesses' })
  })
})
