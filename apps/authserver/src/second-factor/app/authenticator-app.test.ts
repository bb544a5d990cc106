import { Secret } from '@portcullis/kernel/secret'
import { secondFactors } from '@portcullis/model/collection'
import { acrs } from '@portcullis/oauth/sign-in/acr'
import { totpCode, totpStepAt } from '@portcullis/oauth/sign-in/totp'
import { decodeJwt } from 'jose'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { TestBrowser, type Visit } from '../../test-browser.ts'
import { openShop, type Shop } from '../../test-shop.ts'

let shop: Shop

beforeEach(async () => {
  shop = await openShop()
})

afterEach(() => shop.world.close())

/** OpenID Connect has the parameter, so it goes with its scope. */
const wanting = { acr_values: acrs.multiFactor, scope: 'openid list_items order_item' }

/** As a user types it from the page into an app. */
function secretOn(page: Visit): Secret {
  const shown = /Or type this into the app: <code>([A-Z2-7 ]+)<\/code>/.exec(page.html)?.[1]
  if (shown === undefined) throw new Error(`no secret on this page:\n${page.html}`)
  return new Secret(shown.replaceAll(' ', ''))
}

const codeNow = (secret: Secret) => totpCode(secret, totpStepAt(shop.world.clock.now()))
const recoveryCodesOn = (page: Visit) =>
  [...page.html.matchAll(/<li><code>([A-Z2-7-]+)<\/code>/g)].map((each) => String(each[1]))

/** Signs in, sets the app up, and goes on to the app that asked. */
async function enrol(browser: TestBrowser) {
  const page = await shop.signIn(browser, wanting)
  const secret = secretOn(page)
  const codes = await browser.submit(page, { code: codeNow(secret), decision: 'confirm' })
  const consent = await browser.submit(codes, { decision: 'kept' })
  return { secret, codes: recoveryCodesOn(codes), consent }
}

async function claimsAfter(browser: TestBrowser, page: Visit) {
  const done = page.away === undefined ? await browser.submit(page, { decision: 'allow' }) : page
  const { body } = await shop.redeem(done.away?.searchParams.get('code') ?? '')
  return { body, claims: decodeJwt(String(body.access_token)) }
}

describe('a second factor', () => {
  it('is set up when an app asks for it, and the token says how and when the user signed in', async () => {
    const browser = new TestBrowser()
    const { codes, consent } = await enrol(browser)
    expect(codes).toHaveLength(10)
    const { claims, body } = await claimsAfter(browser, consent)
    expect(claims).toMatchObject({
      acr: acrs.multiFactor,
      amr: ['pwd', 'otp', 'mfa'],
      auth_time: expect.any(Number),
    })
    const refreshed = await shop.refresh(body.refresh_token)
    expect(decodeJwt(String(refreshed.body.access_token)).acr).toBe(acrs.multiFactor)
  })

  it('is not asked for where nobody wants it', async () => {
    const browser = new TestBrowser()
    const { claims } = await claimsAfter(browser, await shop.signIn(browser))
    expect(claims).toMatchObject({ acr: acrs.password, amr: ['pwd'] })
  })

  it('is asked for when a session that had none meets an app that wants one, without the password again', async () => {
    const browser = new TestBrowser()
    const { away } = await browser.submit(await shop.signIn(browser), { decision: 'allow' })
    expect(away?.searchParams.get('code')).toBeTruthy()
    const page = await browser.open(shop.request(wanting))
    expect(page.html).toContain('Set up your authenticator app')
    const codes = await browser.submit(page, { code: codeNow(secretOn(page)), decision: 'confirm' })
    const done = await browser.submit(codes, { decision: 'kept' })
    expect((await claimsAfter(browser, done)).claims.acr).toBe(acrs.multiFactor)
  })

  it('is always asked of who has one, and a code is good once', async () => {
    const { secret } = await enrol(new TestBrowser())
    const [browser, other] = [new TestBrowser(), new TestBrowser()]
    const page = await shop.signIn(browser)
    const otherPage = await shop.signIn(other)
    expect(page.html).toContain('Enter the code')
    expect(page.html).not.toContain(secret.reveal())
    const code = codeNow(secret)
    const next = await browser.submit(page, { code, decision: 'verify' })
    expect((await claimsAfter(browser, next)).claims.acr).toBe(acrs.multiFactor)
    const refused = await other.submit(otherPage, { code, decision: 'verify' })
    expect(refused.status).toBe(422)
    expect(refused.html).toContain('That is no code that is good now')
  })

  it('is replaced by a recovery code, once', async () => {
    const { codes } = await enrol(new TestBrowser())
    const [first = ''] = codes
    const browser = new TestBrowser()
    const next = await browser.submit(await shop.signIn(browser), {
      code: first.toLowerCase(),
      decision: 'verify',
    })
    expect((await claimsAfter(browser, next)).claims.amr).toEqual(['pwd', 'kba', 'mfa'])
    const other = new TestBrowser()
    const refused = await other.submit(await shop.signIn(other), { code: first, decision: 'verify' })
    expect(refused.status).toBe(422)
  })

  it('cannot be guessed: after five attempts nobody is asked for a while', async () => {
    const { secret } = await enrol(new TestBrowser())
    const browser = new TestBrowser()
    let page = await shop.signIn(browser)
    const wrong = String((Number(codeNow(secret)) + 1) % 1_000_000).padStart(6, '0')
    const statuses: number[] = []
    for (let i = 0; i < 7; i++) {
      page = await browser.submit(page, { code: wrong, decision: 'verify' })
      statuses.push(page.status)
    }
    expect(statuses).toContain(429)
    expect(page.headers.get('retry-after')).toMatch(/^\d+$/)
    const right = await browser.submit(page, { code: codeNow(secret), decision: 'verify' })
    expect(right.status).toBe(429)
  })

  it('cannot be left out by answering a page that was not shown', async () => {
    await enrol(new TestBrowser())
    const browser = new TestBrowser()
    const page = await shop.signIn(browser)
    const skipped = await browser.submit(page, { decision: 'kept' })
    expect(skipped.status).toBe(403)
    const anew = await browser.submit(page, { decision: 'confirm', code: '000000' })
    expect(anew.status).toBe(422)
    const allowed = await browser.submit(page, { decision: 'allow' })
    expect(allowed.away?.searchParams.get('code') ?? null).toBeNull()
  })

  it('is none that somebody was shown in another sign-in: who knows the password can’t lie in wait for it', async () => {
    const [stranger, ada] = [new TestBrowser(), new TestBrowser()]
    const shown = await shop.signIn(stranger, wanting)
    const secret = secretOn(shown)
    const page = await shop.signIn(ada, wanting)
    expect(secretOn(page).reveal()).not.toBe(secret.reveal())
    const late = await stranger.submit(shown, { code: codeNow(secret), decision: 'confirm' })
    expect(late.status).toBe(422)
    const again = await shop.signIn(ada, wanting)
    await ada.submit(again, { code: codeNow(secretOn(again)), decision: 'confirm' })
    const login = await shop.signIn(stranger)
    const refused = await stranger.submit(login, { code: codeNow(secret), decision: 'verify' })
    expect(refused.status).toBe(422)
  })

  it('is told of by mail when it is set up, with the page anew when a code was mistyped', async () => {
    const browser = new TestBrowser()
    const page = await shop.signIn(browser, wanting)
    const again = await browser.submit(page, { code: 'wrong', decision: 'confirm' })
    expect(secretOn(again).reveal()).toBe(secretOn(page).reveal())
    await browser.submit(again, { code: codeNow(secretOn(page)), decision: 'confirm' })
    await expect
      .poll(() => shop.world.mail.sent.at(-1))
      .toMatchObject({
        to: 'ada@hmart.example',
        text: expect.stringContaining('authenticator app was set up'),
      })
  })

  it('is set up by everybody where the organization demands it', async () => {
    await shop.world.organization('hmart', { secondFactor: 'required' })
    const page = await shop.signIn(new TestBrowser())
    expect(page.html).toContain('Set up your authenticator app')
  })

  it('is kept sealed, and its recovery codes as fingerprints', async () => {
    const { secret, codes } = await enrol(new TestBrowser())
    const stored = JSON.stringify(await shop.world.store.get(secondFactors, 'hmart', 'ada'))
    expect(stored).not.toContain(secret.reveal())
    for (const code of codes) expect(stored).not.toContain(code)
  })

  it('is given up with the sign-in', async () => {
    const browser = new TestBrowser()
    const page = await shop.signIn(browser, wanting)
    const { away } = await browser.submit(page, { decision: 'cancel' })
    expect(away?.searchParams.get('error')).toBe('access_denied')
  })
})
