import { setTimeout } from 'node:timers/promises'
import { Secret } from '@portcullis/kernel/secret'
import { signInWith } from '@portcullis/oauth/sign-in/sign-in'
import { countersFaults } from '@portcullis/ports/counters/port'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { authorizationUrl, newPkce, TestBrowser, type Visit } from '../test-browser.ts'
import { openWorld, PASSWORD, WAREHOUSE, type World } from '../test-kit.ts'

const CALLBACK = 'https://shop.example/callback'

let world: World

beforeEach(async () => {
  world = await openWorld({ trustProxy: true })
  await world.app('shop', { grants: ['authorization_code'], redirectUris: [CALLBACK] })
  await Promise.all([world.user('ada'), world.user('off', true)])
  await Promise.all([world.password('ada'), world.password('off')])
  await world.publish({ shop: [['warehouse', ['list_items']]] })
})
afterEach(() => world.close())

function request(organization = 'hmart', changes: Readonly<Record<string, string>> = {}): string {
  return authorizationUrl(world.issuer(organization), {
    client_id: 'shop',
    response_type: 'code',
    redirect_uri: CALLBACK,
    scope: 'list_items',
    resource: WAREHOUSE,
    code_challenge: newPkce().challenge,
    code_challenge_method: 'S256',
    ...changes,
  })
}

function from(address: string, headers: Readonly<Record<string, string>> = {}): TestBrowser {
  return new TestBrowser({ 'x-forwarded-for': address, ...headers })
}

async function attempt(browser: TestBrowser, user: string, password: string): Promise<Visit> {
  return browser.submit(await browser.open(request()), { user, password, decision: 'sign-in' })
}

describe('signing in', () => {
  it('tells a wrong password, an unknown user and a disabled one apart for nobody', async () => {
    const pages = await Promise.all(
      [
        ['ada', 'wrong'],
        ['nobody', PASSWORD],
        ['off', PASSWORD],
        ['no password set', ''],
      ].map(async ([user = '', password = '']) => {
        const { status, html } = await attempt(from('192.0.2.1'), user, password)
        return { status, html: html.replace(/value="[^"]*"|interaction\/[\w-]+/g, '') }
      }),
    )
    expect(pages[0]).toMatchObject({ status: 422, html: expect.stringContaining('do not match') })
    for (const page of pages) expect(page).toEqual(pages[0])
  })

  it('takes as long for an unknown user as for a known one', async () => {
    const timeOf = async (user: string): Promise<number> => {
      const browser = from('192.0.2.7')
      const page = await browser.open(request())
      const before = process.cpuUsage()
      await browser.submit(page, { user, password: 'wrong', decision: 'sign-in' })
      const { user: own, system } = process.cpuUsage(before)
      return own + system
    }
    await timeOf('ada')
    const known = Math.min(await timeOf('ada'), await timeOf('ada'), await timeOf('ada'))
    const unknown = Math.min(await timeOf('zoe'), await timeOf('zoe'), await timeOf('zoe'))
    // Time of the processor, of which others take none. Argon2id is nearly all of it: an answer without it comes at least
    // ten times as fast.
    expect(unknown).toBeGreaterThan(known / 3)
  })

  it('shows what went wrong first, focused and announced, tied to the fields', async () => {
    const { html } = await attempt(from('192.0.2.1'), 'ada', 'wrong')
    expect(html).toMatch(/<title>Error: /)
    expect(html).toMatch(/<div id="wrong" class="wrong" role="alert" tabindex="-1" autofocus>/)
    expect(html.match(/aria-describedby="wrong"/g)).toHaveLength(2)
    expect(html).toContain('value="ada"')
  })

  it('labels every field and names the language, and has no script', async () => {
    const { html, headers } = await from('192.0.2.1').open(request())
    expect(html).toContain('<html lang="en">')
    for (const [, id] of html.matchAll(/<input id="(\w+)"/g)) expect(html).toContain(`<label for="${id}">`)
    expect(html).not.toContain('<script')
    expect(html).toContain('autocomplete="current-password"')
    expect(html).toContain('width=device-width')
    const policy = headers.get('content-security-policy')
    expect(policy).toMatch(/^default-src 'none'; style-src 'sha256-[^']+'; form-action 'self'; base-uri/)
    expect(policy).toContain("frame-ancestors 'none'")
    expect(headers.get('x-frame-options')).toBe('DENY')
    expect(headers.get('cache-control')).toBe('no-store')
  })

  it('escapes what was typed', async () => {
    const { html } = await attempt(from('192.0.2.1'), '"><script>alert(1)</script>', 'x')
    expect(html).not.toContain('<script>')
    expect(html).toContain('&quot;&gt;&lt;script&gt;')
  })

  it('writes neither password nor mistyped name to the log', async () => {
    await attempt(from('192.0.2.1'), 'my secret password', 'wrong password')
    await attempt(from('192.0.2.1'), 'ada', PASSWORD)
    const log = JSON.stringify(world.log.lines)
    expect(log).toContain('sign-in refused')
    expect(log).toContain('signed in')
    for (const secret of ['my secret password', 'wrong password', PASSWORD]) expect(log).not.toContain(secret)
  })
})

describe('attempts to sign in', () => {
  it('are limited by account and place, also with the right password, until time has passed', async () => {
    for (let i = 0; i < 10; i++) expect((await attempt(from('192.0.2.1'), 'ada', 'wrong')).status).toBe(422)
    const limited = await attempt(from('192.0.2.1'), 'ada', PASSWORD)
    expect(limited.status).toBe(429)
    expect(Number(limited.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(limited.html).toContain('too many attempts')
    expect((await attempt(from('192.0.2.2'), 'ada', PASSWORD)).html).toContain('Allow')
    world.clock.advance(60_000)
    expect((await attempt(from('192.0.2.1'), 'ada', PASSWORD)).html).toContain('Allow')
  })

  it('are limited by place over all accounts, an IPv6 network counting as one', async () => {
    const trySignIn = signInWith(world.store, world.counters)
    const guess = (i: number) =>
      trySignIn({
        organization: 'hmart',
        user: `user-${i}`,
        // Too long to be hashed, so that a hundred guesses are quick.
        password: new Secret('x'.repeat(2000)),
        address: `2001:db8:0:1::${i.toString(16)}`,
      })
    for (let i = 1; i <= 100; i++) expect((await guess(i)).outcome).toBe('refused')
    expect((await guess(101)).outcome).toBe('limited')
  })

  it('are refused, every one, when the counters do not answer', async () => {
    world.counters.take = () =>
      Promise.reject(countersFaults.unavailable({ internal: 'valkey at 10.0.0.5 is away' }))
    const { status, html, away } = await attempt(from('192.0.2.1'), 'ada', PASSWORD)
    expect(status).toBe(503)
    expect(away).toBeUndefined()
    expect(html).toContain('Try again in a moment')
    expect(html).not.toContain('valkey')
  })

  it('are counted by the address that the proxy wrote, not by those that the caller invents', async () => {
    for (let i = 0; i < 10; i++) await attempt(from(`198.51.100.${i}, 192.0.2.1`), 'ada', 'wrong')
    expect((await attempt(from('203.0.113.9, 192.0.2.1'), 'ada', 'wrong')).status).toBe(429)
  })
})

describe('a form', () => {
  it('from another site is refused, by its origin or by what the browser says', async () => {
    for (const headers of [{ origin: 'https://evil.example' }, { 'sec-fetch-site': 'cross-site' }]) {
      const browser = from('192.0.2.1', headers)
      const { status, html } = await attempt(browser, 'ada', PASSWORD)
      expect(status).toBe(403)
      expect(html).toContain('not sent from our own page')
    }
    const own = from('192.0.2.1', { origin: world.url, 'sec-fetch-site': 'same-origin' })
    expect((await attempt(own, 'ada', PASSWORD)).html).toContain('Allow')
  })

  it('without its token, or with that of another sign-in, is refused', async () => {
    const browser = from('192.0.2.1')
    const page = await browser.open(request())
    const other = await from('192.0.2.1').open(request())
    const token = /name="form" value="([^"]+)"/.exec(other.html)?.[1] ?? ''
    for (const form of ['', token]) {
      const answer = await browser.submit(page, {
        form,
        user: 'ada',
        password: PASSWORD,
        decision: 'sign-in',
      })
      expect(answer.status).toBe(403)
    }
  })

  it('of a sign-in that another browser began is refused', async () => {
    const page = await from('192.0.2.1').open(request())
    const answer = await from('192.0.2.1').submit(page, {
      user: 'ada',
      password: PASSWORD,
      decision: 'sign-in',
    })
    expect(answer.status).toBe(400)
    expect(answer.html).toContain('This sign-in has expired')
  })

  it('of a sign-in that has expired is refused, saying what to do', async () => {
    const browser = from('192.0.2.1')
    const page = await browser.open(request())
    world.clock.advance(15 * 60_000)
    const answer = await browser.submit(page, { user: 'ada', password: PASSWORD, decision: 'sign-in' })
    expect(answer.status).toBe(400)
    expect(answer.html).toContain('Go back to the app and start again')
  })

  it.each([
    ['that is no form', { 'content-type': 'application/json' }, '{}', 400],
    [
      'that is too large',
      { 'content-type': 'application/x-www-form-urlencoded' },
      `user=${'x'.repeat(9000)}`,
      413,
    ],
    ['with a field twice', { 'content-type': 'application/x-www-form-urlencoded' }, 'user=a&user=b', 400],
  ])('%s is refused', async (_, headers, body, status) => {
    const browser = from('192.0.2.1')
    const { url } = await browser.open(request())
    const cookie = [...browser.cookies].map(([name, { value }]) => `${name}=${value}`).join('; ')
    const answer = await fetch(url, { method: 'POST', headers: { ...headers, cookie }, body })
    expect(answer.status).toBe(status)
    await answer.text()
  })
})

describe('a session', () => {
  async function signedIn(): Promise<TestBrowser> {
    const browser = from('192.0.2.1')
    await attempt(browser, 'ada', PASSWORD)
    return browser
  }

  it('ends when the user is disabled or the password changes', async () => {
    const [one, two] = [await signedIn(), await signedIn()]
    expect((await one.open(request())).html).toContain('Allow')
    await world.user('ada', true)
    expect((await one.open(request())).html).toContain('Sign in to continue')
    await world.user('ada')
    await setTimeout(1)
    await world.password('ada', PASSWORD, 'hmart', new Date(Date.now() + 2000).toISOString())
    expect((await two.open(request())).html).toContain('Sign in to continue')
  })

  it('ends when it is not used for an hour', async () => {
    const browser = await signedIn()
    world.clock.advance(3600_000)
    expect((await browser.open(request())).html).toContain('Sign in to continue')
  })

  it('is asked for anew when the client demands it, and may then be another user’s', async () => {
    await world.user('grace')
    await world.password('grace')
    const browser = await signedIn()
    const page = await browser.open(request('hmart', { prompt: 'login' }))
    expect(page.html).toContain('Sign in to continue')
    const consent = await browser.submit(page, { user: 'ada', password: PASSWORD, decision: 'sign-in' })
    expect(consent.html).toContain('signed in as <strong>ada')
  })

  it('of one organization is none at another, and its cookies are not even sent there', async () => {
    await world.organization('acme')
    await world.app('shop', { grants: ['authorization_code'], redirectUris: [CALLBACK] }, 'acme')
    await world.user('ada', false, 'acme')
    await world.publish({ shop: [['warehouse', ['list_items']]] }, 'acme')
    const browser = await signedIn()
    for (const [, { path }] of browser.cookies) expect(path).toMatch(/^\/hmart(\/|$)/)
    expect((await browser.open(request('acme'))).html).toContain('Sign in to continue')
    // Even when they are sent: another key signs there.
    const cookie = [...browser.cookies].map(([name, { value }]) => `${name}=${value}`).join('; ')
    const answer = await fetch(request('acme'), { headers: { cookie }, redirect: 'manual' })
    expect(answer.headers.get('location')).toContain('/acme/interaction/')
  })
})
