import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { oidcCollections } from '../provider/collection.ts'
import { TestBrowser, type Visit } from '../test-browser.ts'
import { PASSWORD } from '../test-kit.ts'
import { openShop, type Shop } from '../test-shop.ts'

let shop: Shop

beforeEach(async () => {
  shop = await openShop()
})
afterEach(() => shop.world.close())

const address = (path = '/security') => `${shop.world.issuer()}/account${path}`

async function openAccount(browser: TestBrowser, path?: string): Promise<Visit> {
  shop.world.clock.advance(60_000)
  const page = await browser.open(address(path))
  return browser.submit(page, { user: 'ada', password: PASSWORD, decision: 'sign-in' })
}

describe('the account', () => {
  it('asks who it is, and shows the page that was wanted then, without asking anything for an app', async () => {
    const browser = new TestBrowser()
    const asked = await browser.open(address('/security'))
    expect(asked.html).toContain('Sign in to continue to your account')
    const page = await browser.submit(asked, { user: 'ada', password: PASSWORD, decision: 'sign-in' })
    expect(page.url).toBe(address())
    expect(page.html).toContain('signed in as <strong>ada</strong>')
    expect(page.headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
    expect((await browser.open(address(''))).html).toContain('aria-current="page"')
  })

  it('knows the session that an app’s sign-in began, and one that gave up is none', async () => {
    const browser = new TestBrowser()
    await shop.signIn(browser)
    expect((await browser.open(address())).html).toContain('signed in as <strong>ada</strong>')
    const other = new TestBrowser()
    const given = await other.submit(await other.open(address()), { decision: 'cancel' })
    expect(given.html).toContain('Sign in to continue')
  })

  it('sends nobody anywhere else, whatever the address says', async () => {
    const browser = new TestBrowser()
    await openAccount(browser)
    const back = await browser.open(address('/signed-in?state=https://evil.example'))
    expect(back.url).toBe(address())
    expect((await browser.open(address('/nothing'))).status).toBe(404)
    expect((await browser.open(address('/security/nothing'), new URLSearchParams())).status).toBe(404)
  })

  it('takes no form of another site, another session, or none', async () => {
    const browser = new TestBrowser()
    const page = await openAccount(browser)
    const other = await openAccount(new TestBrowser())
    const token = /name="form" value="([^"]+)"/.exec(other.html)?.[1] ?? ''
    for (const form of ['', token]) {
      expect((await browser.submit(page, { form, decision: 'end-all' }, '/sessions')).status).toBe(403)
    }
    const anonymous = await new TestBrowser().submit(page, { decision: 'end-all' }, '/sessions')
    expect(anonymous.html).toContain('Sign in to continue')
    expect((await browser.open(address())).html).toContain('signed in as')
  })

  it('tells what went wrong also where its panel has nothing left to show', async () => {
    const browser = new TestBrowser()
    const page = await openAccount(browser, '/approvals')
    const form = /name="form" value="([^"]+)"/.exec(page.html)?.[1] ?? ''
    expect(page.html).not.toContain('Apps that ask you on this device')
    const over = new URLSearchParams({ form, request: 'gone', decision: 'allow' })
    const told = await browser.open(address('/approvals/backchannel'), over)
    expect(told.status).toBe(422)
    expect(told.html).toContain('That request is over already.')
  })

  it('is closed to a session without the second factor that its user must prove', async () => {
    const browser = new TestBrowser()
    await openAccount(browser)
    await shop.world.organization('hmart', { secondFactor: 'required' })
    expect((await browser.open(address())).html).toContain('Set up your authenticator app')
  })
})

describe('sessions on the account page', () => {
  it('tell where and with what they were begun, and end one by one', async () => {
    const phone = new TestBrowser({ 'user-agent': 'Phone/1.0 <b>' })
    const laptop = new TestBrowser({ 'user-agent': 'Laptop/2.0' })
    await openAccount(phone)
    const page = await openAccount(laptop)
    expect(page.html).toMatch(/Laptop\/2\.0, since [\d: -]+ UTC from 127\.0\.0\.1 \(this one\)/)
    expect(page.html).toContain('Phone/1.0 &lt;b&gt;')
    const session = /name="session" value="([^"]+)"/.exec(page.html)?.[1] ?? ''
    const done = await laptop.submit(page, { session, decision: 'end' }, '/sessions')
    expect(done.html).toContain('You are signed out there')
    expect(done.html).not.toContain('Phone/1.0 &lt;b&gt;, since')
    expect((await phone.open(address())).html).toContain('Sign in to continue')
    expect((await laptop.open(address())).html).toContain('signed in as')
    expect((await laptop.submit(page, { session, decision: 'end' }, '/sessions')).status).toBe(422)
  })

  it('end everywhere at once, with the refresh tokens that were given', async () => {
    const code = await shop.obtainCode()
    const { body } = await shop.redeem(code)
    const [phone, laptop] = [new TestBrowser(), new TestBrowser()]
    await openAccount(phone)
    const page = await openAccount(laptop)
    shop.world.clock.advance(1000)
    const after = await laptop.submit(page, { decision: 'end-all' }, '/sessions')
    expect(after.html).toContain('Sign in to continue')
    expect((await phone.open(address())).html).toContain('Sign in to continue')
    expect((await shop.refresh(body.refresh_token)).status).toBe(400)
  })

  it('of others are not ended', async () => {
    const grace = new TestBrowser()
    const login = await grace.open(address())
    await grace.submit(login, { user: 'grace', password: 'another password', decision: 'sign-in' })
    const documents = await shop.world.store.find(oidcCollections.Session, 'hmart')
    const uid = String(documents[0]?.value.uid)
    const browser = new TestBrowser()
    const page = await openAccount(browser)
    expect((await browser.submit(page, { session: uid, decision: 'end' }, '/sessions')).status).toBe(422)
    expect((await grace.open(address())).html).toContain('signed in as <strong>grace')
  })
})

it('sends codes of the account’s own app to nobody else', async () => {
  const stolen = shop.request({ client_id: 'urn:portcullis:account' })
  expect((await new TestBrowser().open(stolen)).status).toBe(400)
})
