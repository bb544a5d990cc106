import { setTimeout } from 'node:timers/promises'
import { Secret } from '@portcullis/kernel/secret'
import { passwordTokens, resources } from '@portcullis/model/collection'
import { newPasswordToken } from '@portcullis/oauth/password/password-token'
import { signInWith } from '@portcullis/oauth/sign-in/sign-in'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { TestBrowser, type Visit } from '../test-browser.ts'
import { PASSWORD, type World } from '../test-kit.ts'
import { openShop, type Shop } from '../test-shop.ts'

const NEW = 'a quite different sentence'

let shop: Shop
let world: World

beforeEach(async () => {
  // oidc-provider has no clock of its own: both go on together.
  vi.useFakeTimers({ toFake: ['Date'] })
  shop = await openShop()
  world = shop.world
})
afterEach(async () => {
  await world.close()
  vi.useRealTimers()
})

function pass(millis: number): void {
  vi.setSystemTime(Date.now() + millis)
  world.clock.advance(millis)
}

const address = (path = '') => `${world.issuer()}/password${path}`
const choose = (browser: TestBrowser, page: Visit, password = NEW, again = password) =>
  browser.submit(page, { password, again })

async function ask(browser: TestBrowser, user: string): Promise<Visit> {
  return browser.submit(await browser.open(address()), { user })
}

/** The link of the mail that came last to an address. */
async function linkTo(to = 'ada@hmart.example'): Promise<string> {
  const last = () => world.mail.sent.findLast((each) => each.to === to)
  await expect.poll(last).toBeDefined()
  return /http\S+/.exec(last()?.text ?? '')?.[0] ?? ''
}

async function signIn(password: string, browser = new TestBrowser()): Promise<Visit> {
  pass(60_000)
  const page = await browser.open(shop.request())
  return browser.submit(page, { user: 'ada', password, decision: 'sign-in' })
}

describe('a forgotten password', () => {
  it('is chosen anew by a link in a mail, once, and all that was open is over', async () => {
    const other = new TestBrowser()
    await signIn(PASSWORD, other)
    const browser = new TestBrowser()
    const login = await browser.open(shop.request())
    expect(login.html).toContain('href="/hmart/password"')
    const asked = await ask(browser, 'ada')
    expect(asked.html).toContain('Look into your mail')
    const link = await linkTo()
    pass(1000)
    const done = await choose(browser, await browser.open(link))
    expect(done.html).toContain('Your password is changed')
    expect((await signIn(NEW)).html).toContain('Allow')
    expect((await signIn(PASSWORD)).status).toBe(422)
    expect((await other.open(shop.request())).html).toContain('Sign in to continue')
    expect((await browser.open(link)).status).toBe(400)
    const notice = () => world.mail.sent.find(({ subject }) => subject.includes('was changed'))
    await expect.poll(() => notice()?.to).toBe('ada@hmart.example')
    expect(JSON.stringify(world.log.lines)).not.toContain(link.slice(-43))
  })

  it('is found by the mail address too', async () => {
    await ask(new TestBrowser(), 'ADA@hmart.example')
    expect(await linkTo()).toContain('/password/')
  })

  it('tells nobody whether there is such an account, in words or time', async () => {
    await world.user('off', true)
    await world.apply({
      kind: 'User',
      organization: 'hmart',
      name: 'mute',
      spec: { title: 'mute', disabled: false },
    })
    const pages = []
    for (const user of ['ada', 'nobody', 'off', 'mute', 'x@y.example', '', `${'x'.repeat(300)}`]) {
      const { status, html, headers } = await ask(new TestBrowser(), user)
      pages.push({ status, html, cookie: headers.get('set-cookie') })
    }
    for (const page of pages) expect(page).toEqual(pages[0])
    await linkTo()
    expect(world.mail.sent.map(({ to }) => to)).toEqual(['ada@hmart.example'])
    // A mail server that hangs is not waited for.
    world.mail.send = () => new Promise(() => undefined)
    expect((await ask(new TestBrowser(), 'grace')).status).toBe(200)
  })

  it('is chosen in the browser in which it was asked for alone, and looking at the link does not use it up', async () => {
    const browser = new TestBrowser()
    await ask(browser, 'ada')
    const link = await linkTo()
    for (const other of [new TestBrowser(), new TestBrowser()]) {
      await other.open(address())
      const { status, html } = await other.open(link)
      expect([status, html.includes('in the browser in which it was asked for')]).toEqual([400, true])
    }
    expect((await choose(browser, await browser.open(link))).status).toBe(200)
  })

  it('waits for no longer than twenty minutes', async () => {
    const browser = new TestBrowser()
    await ask(browser, 'ada')
    const link = await linkTo()
    pass(20 * 60_000)
    expect((await browser.open(link)).status).toBe(400)
  })

  it('is kept as a fingerprint', async () => {
    await ask(new TestBrowser(), 'ada')
    const token = (await linkTo()).slice(-43)
    expect(JSON.stringify(await world.store.find(passwordTokens, 'hmart'))).not.toContain(token)
  })

  it('still asks for the second factor', async () => {
    await world.organization('hmart', { secondFactor: 'required' })
    const browser = new TestBrowser()
    await ask(browser, 'ada')
    await choose(browser, await browser.open(await linkTo()))
    expect((await signIn(NEW)).html).toContain('Set up your authenticator app')
  })

  it('fills nobody’s mailbox, and who asks for too many is told to wait', async () => {
    const statuses: number[] = []
    for (let i = 0; i < 21; i++) statuses.push((await ask(new TestBrowser(), 'ada')).status)
    expect(statuses.slice(0, 20)).toEqual(Array(20).fill(200))
    expect(statuses[20]).toBe(429)
    await expect.poll(() => world.mail.sent).toHaveLength(3)
    await setTimeout(20)
    expect(world.mail.sent).toHaveLength(3)
  })

  it.each([
    ['short', 'short', 'too short'],
    ['everybody knows this one', 'everybody knows this one', 'Others know'],
    ['ada hmart ada hmart', 'ada hmart ada hmart', 'what others know of you'],
    [NEW, `${NEW}!`, 'two different'],
  ])('is not replaced by %j and %j, and the link stays good', async (password, again, told) => {
    const browser = new TestBrowser()
    await ask(browser, 'ada')
    const page = await browser.open(await linkTo())
    const refused = await choose(browser, page, password, again)
    expect(refused.status).toBe(422)
    expect(refused.html).toContain(told)
    expect((await choose(browser, refused)).status).toBe(200)
  })

  it('takes no form of another page, and is not there without a mail server', async () => {
    const browser = new TestBrowser()
    const page = await browser.open(address())
    expect((await browser.submit(page, { form: '', user: 'ada' })).status).toBe(403)
    const plain = await openShop({ mail: undefined })
    const { status } = await new TestBrowser().open(`${plain.world.issuer()}/password`)
    expect(status).toBe(404)
    expect((await new TestBrowser().open(plain.request())).html).not.toContain('forgot')
    await plain.world.close()
  })
})

describe('an invitation', () => {
  it('is good in any browser, for a user who has no password yet, once', async () => {
    await world.user('new')
    const value = { user: 'new', purpose: 'invitation' } as const
    const { token, change } = newPasswordToken('hmart', value, world.clock.now() + 1000)
    await world.store.commit([change])
    const browser = new TestBrowser()
    const done = await choose(browser, await browser.open(address(`/${token.reveal()}`)))
    pass(1000)
    expect(done.html).toContain('Your password is changed')
    expect((await browser.open(address(`/${token.reveal()}`))).status).toBe(400)
    const login = await browser.open(shop.request())
    const next = await browser.submit(login, { user: 'new', password: NEW, decision: 'sign-in' })
    expect(next.html).toContain('Allow')
  })

  it('is none for a user who was removed since', async () => {
    const { token, change } = newPasswordToken(
      'hmart',
      { user: 'gone', purpose: 'invitation' },
      Number.MAX_SAFE_INTEGER,
    )
    await world.store.commit([change])
    expect(await world.store.get(resources, 'hmart', 'User/gone')).toBeUndefined()
    expect((await new TestBrowser().open(address(`/${token.reveal()}`))).status).toBe(400)
  })
})

describe('the password on the account page', () => {
  async function openSecurity(browser: TestBrowser): Promise<Visit> {
    await signIn(PASSWORD, browser)
    return browser.open(`${world.issuer()}/account/security`)
  }

  it('is changed by whoever knows it, and everybody is signed out', async () => {
    const [browser, other] = [new TestBrowser(), new TestBrowser()]
    await signIn(PASSWORD, other)
    const page = await openSecurity(browser)
    pass(1000)
    const after = await browser.submit(page, { current: PASSWORD, password: NEW, again: NEW })
    expect(after.html).toContain('Sign in to continue')
    expect((await other.open(shop.request())).html).toContain('Sign in to continue')
    expect((await signIn(NEW)).html).toContain('Allow')
  })

  it.each([
    ['wrong', NEW, NEW, 'not your password until now'],
    [PASSWORD, 'short', 'short', 'too short'],
    [PASSWORD, NEW, 'other', 'two different'],
  ])('is not changed by %j to %j and %j', async (current, password, again, told) => {
    const browser = new TestBrowser()
    const refused = await browser.submit(await openSecurity(browser), { current, password, again })
    expect(refused.status).toBe(422)
    expect(refused.html).toContain(told)
    expect((await signIn(PASSWORD)).html).toContain('Allow')
  })
})

describe('guesses of strangers', () => {
  it('slow strangers down and nobody who has signed in from that browser before', async () => {
    const browser = new TestBrowser()
    await signIn(PASSWORD, browser)
    const known = [...browser.cookies].find(([name]) => name === 'portcullis-browser')?.[1].value ?? ''
    const trySignIn = signInWith(world.store, world.counters)
    const attempt = (i: number, password: string, cookie?: string) =>
      trySignIn({
        organization: 'hmart',
        user: 'ada',
        password: new Secret(password),
        address: `192.0.2.${i}`,
        ...(cookie !== undefined && { browser: new Secret(cookie) }),
      })
    const outcomes = new Set<string>()
    // Too long to be hashed, so that many guesses are quick.
    for (let i = 0; i < 130; i++) outcomes.add((await attempt(i, 'x'.repeat(2000))).outcome)
    expect(outcomes).toEqual(new Set(['refused', 'limited']))
    expect((await attempt(200, PASSWORD)).outcome).toBe('limited')
    expect((await attempt(200, PASSWORD, 'made-up')).outcome).toBe('limited')
    expect((await attempt(200, PASSWORD, known)).outcome).toBe('accepted')
    // It is a matter of minutes, not of somebody who has to unlock.
    pass(60_000)
    expect((await attempt(201, PASSWORD)).outcome).toBe('accepted')
  })

  it('from a browser that is known are limited too', async () => {
    const browser = new TestBrowser()
    await signIn(PASSWORD, browser)
    const statuses: number[] = []
    for (let i = 0; i < 11; i++) {
      const page = await browser.open(shop.request({ prompt: 'login' }))
      statuses.push(
        (await browser.submit(page, { user: 'ada', password: 'wrong', decision: 'sign-in' })).status,
      )
    }
    expect(statuses.at(-1)).toBe(429)
  })
})
