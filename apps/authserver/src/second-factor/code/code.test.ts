import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { Secret } from '@portcullis/kernel/secret'
import { acrs } from '@portcullis/oauth/sign-in/acr'
import { totpCode, totpStepAt } from '@portcullis/oauth/sign-in/totp'
import { openMemoryVault } from '@portcullis/ports/vault/memory'
import { decodeJwt } from 'jose'
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { TestBrowser, type Visit } from '../../test-browser.ts'
import { openShop, type Shop } from '../../test-shop.ts'

let shop: Shop

beforeEach(async () => {
  shop = await openShop()
  await shop.world.organization('hmart', {
    oneTimeCodes: 'mail',
    secondFactor: 'required',
    trustBrowsersFor: '7d',
  })
})
afterEach(() => shop.world.close())

/** As a person reads it in the mail. */
function codeInMail(): string {
  const text = shop.world.mail.sent.at(-1)?.text ?? ''
  return /: (\d{4} \d{4})/.exec(text)?.[1] ?? ''
}
const verify = (browser: TestBrowser, page: Visit, code: string, more = {}) =>
  browser.submit(page, { code, decision: 'verify', ...more })

describe('a code by mail', () => {
  it('is asked for where the organization allows it and there is nothing better', async () => {
    const browser = new TestBrowser()
    const page = await shop.signIn(browser)
    expect(page.html).toContain('Enter the code that you get by mail')
    expect(shop.world.mail.sent[0]?.to).toBe('ada@hmart.example')
    const next = await verify(browser, page, codeInMail())
    const done = await browser.submit(next, { decision: 'allow' })
    const { body } = await shop.redeem(done.away?.searchParams.get('code') ?? '')
    const claims = decodeJwt(String(body.access_token))
    expect(claims).toMatchObject({ acr: acrs.multiFactor, amr: ['pwd', 'otp', 'mfa'] })
  })

  it('is sent once for a sign-in, and is good once, there alone', async () => {
    const [browser, other] = [new TestBrowser(), new TestBrowser()]
    const page = await shop.signIn(browser)
    const code = codeInMail()
    const again = await browser.open(page.url)
    expect(shop.world.mail.sent).toHaveLength(1)
    const otherPage = await shop.signIn(other)
    expect((await verify(other, otherPage, code)).status).toBe(422)
    expect((await verify(browser, again, code)).html).toContain('Allow')
  })

  it('cannot be guessed: after five attempts the right one is no longer good', async () => {
    const browser = new TestBrowser()
    const page = await shop.signIn(browser)
    const code = codeInMail()
    for (let i = 0; i < 5; i++) expect((await verify(browser, page, '00000000')).status).toBe(422)
    expect((await verify(browser, page, code)).status).toBe(422)
  })

  it('is good for ten minutes', async () => {
    const browser = new TestBrowser()
    const page = await shop.signIn(browser)
    shop.world.clock.advance(10 * 60_000)
    expect((await verify(browser, page, codeInMail())).status).toBe(422)
  })

  it('is not sent without end', async () => {
    const pages: Visit[] = []
    for (let i = 0; i < 6; i++) pages.push(await shop.signIn(new TestBrowser()))
    expect(shop.world.mail.sent).toHaveLength(5)
    expect(pages.at(-1)?.html).toContain('Too many codes were asked for')
  })

  it('is kept so that nobody can read it', async () => {
    await shop.signIn(new TestBrowser())
    const stored = JSON.stringify(
      await shop.world.store.find({ name: 'sent-code', index: () => ({}) }, 'hmart'),
    )
    expect(stored).toContain('hash')
    expect(stored).not.toContain(codeInMail().replace(' ', ''))
    expect(JSON.stringify(shop.world.log.lines)).not.toContain(codeInMail())
  })
})

describe('a code by webhook', () => {
  interface Asked {
    readonly authorization: string | undefined
    readonly body: { readonly user: string; readonly code: string }
  }

  /** Somebody who brings codes, and answers so. */
  async function openBringer(status: number) {
    const asked: Asked[] = []
    const server = createServer(async (request, response) => {
      asked.push({
        authorization: request.headers.authorization,
        body: (await json(request)) as Asked['body'],
      })
      response.writeHead(status).end()
    })
    onTestFinished(() => void server.close().closeAllConnections())
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const webhook = { webhook: `http://127.0.0.1:${port}/codes`, secret: 'bringer' }
    return { asked, webhook }
  }

  it('is brought by whoever the organization names, who is shown the secret', async () => {
    const { asked, webhook } = await openBringer(204)
    await shop.world.close()
    shop = await openShop({ vault: openMemoryVault({ bringer: 'brings-secret' }) })
    await shop.world.organization('hmart', { oneTimeCodes: webhook, secondFactor: 'required' })
    const browser = new TestBrowser()
    const page = await shop.signIn(browser)
    expect(asked).toMatchObject([{ authorization: 'Bearer brings-secret', body: { user: 'ada' } }])
    expect((await verify(browser, page, asked[0]?.body.code ?? '')).html).toContain('Allow')
    expect(shop.world.mail.sent).toEqual([])
  })

  it('that nobody took is an outage, and the next look sends another', async () => {
    const { asked, webhook } = await openBringer(500)
    await shop.world.close()
    shop = await openShop({ vault: openMemoryVault({ bringer: 'brings-secret' }) })
    await shop.world.organization('hmart', { oneTimeCodes: webhook, secondFactor: 'required' })
    const browser = new TestBrowser()
    const page = await shop.signIn(browser)
    expect(page.status).toBe(503)
    await browser.open(page.url)
    expect(asked).toHaveLength(2)
  })
})

describe('a browser that is trusted', () => {
  async function trust(browser: TestBrowser): Promise<Visit> {
    const page = await shop.signIn(browser)
    expect(page.html).toContain('Do not ask again in this browser for 7d')
    return verify(browser, page, codeInMail(), { trust: 'yes' })
  }
  const signInAnew = (browser: TestBrowser) => shop.signIn(browser, { prompt: 'login' })

  it('is not asked for the second factor again, and no other is trusted with it', async () => {
    const [browser, other] = [new TestBrowser(), new TestBrowser()]
    await trust(browser)
    expect((await signInAnew(browser)).html).toContain('Allow')
    expect((await shop.signIn(other)).html).toContain('Enter the code')
  })

  it('stands for nothing where an app asks for more than a password, nor on the account page', async () => {
    const browser = new TestBrowser()
    await trust(browser)
    await signInAnew(browser)
    const wanting = { acr_values: acrs.multiFactor, scope: 'openid list_items' }
    expect((await browser.open(shop.request(wanting))).html).toContain('Enter the code')
    expect((await browser.open(`${shop.world.issuer()}/account/security`)).html).toContain('Enter the code')
  })

  it('is trusted as long as was said, and no longer than the user wants', async () => {
    const browser = new TestBrowser()
    await trust(browser)
    shop.world.clock.advance(7 * 86_400_000)
    expect((await signInAnew(browser)).html).toContain('Enter the code')
    const known = new TestBrowser()
    await trust(known)
    const page = await known.open(`${shop.world.issuer()}/account/security`)
    expect(page.html).toContain('no second factor is asked for there until')
    expect((await known.submit(page, { decision: 'forget-all' }, '/browsers')).html).toContain(
      'No browser is known',
    )
    expect((await signInAnew(known)).html).toContain('Enter the code')
  })

  it('is not offered unless the organization allows it, nor taken from who makes it up', async () => {
    await shop.world.organization('hmart', { oneTimeCodes: 'mail', secondFactor: 'required' })
    const browser = new TestBrowser()
    const page = await shop.signIn(browser)
    expect(page.html).not.toContain('name="trust"')
    await verify(browser, page, codeInMail(), { trust: 'yes' })
    expect((await signInAnew(browser)).html).toContain('Enter the code')
  })
})

describe('the authenticator app on the account page', () => {
  it('is set up, preferred to mail, has its recovery codes renewed, and is removed', async () => {
    const browser = new TestBrowser()
    await verify(browser, await shop.signIn(browser), codeInMail())
    const security = () => browser.open(`${shop.world.issuer()}/account/security`)
    const asked = await browser.submit(await security(), { decision: 'begin' }, '/app')
    const secret = new Secret((/<code>([A-Z2-7 ]+)<\/code>/.exec(asked.html)?.[1] ?? '').replaceAll(' ', ''))
    const code = totpCode(secret, totpStepAt(shop.world.clock.now()))
    const codes = await browser.submit(asked, { code, decision: 'confirm' }, '/app')
    expect(codes.html.match(/<li><code>/g)).toHaveLength(10)
    const other = await shop.signIn(new TestBrowser())
    expect(other.html).toContain('Enter the code of your authenticator app')
    expect(other.html).toContain('Get a code')
    const renewed = await browser.submit(await security(), { decision: 'renew' }, '/app')
    expect(renewed.html.match(/<li><code>/g)).toHaveLength(10)
    expect(renewed.html).not.toContain(/<li><code>([^<]+)/.exec(codes.html)?.[1])
    const removed = await browser.submit(await security(), { decision: 'remove' }, '/app')
    expect(removed.html).toContain('no longer asked for')
    expect((await shop.signIn(new TestBrowser())).html).toContain('Enter the code that you get by mail')
  })
})
