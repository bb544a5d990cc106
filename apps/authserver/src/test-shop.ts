import { authorizationUrl, newPkce, TestBrowser, type Visit } from './test-browser.ts'
import {
  openWorld,
  PASSWORD,
  requestToken,
  type TokenAnswer,
  WAREHOUSE,
  type WorldOptions,
} from './test-kit.ts'

export const CALLBACK = 'https://shop.example/callback'
export const CALLBACK_OF_OWN = 'http://127.0.0.1:4711/callback'

type Parameters = Readonly<Record<string, string | undefined>>

/** A world with apps of every kind that sign users in, all subscribed to the warehouse, and with two users. */
export async function openShop(options: WorldOptions = {}) {
  const world = await openWorld(options)
  const pkce = newPkce()
  const codeGrants: { grants: ('authorization_code' | 'refresh_token')[] } = {
    grants: ['authorization_code', 'refresh_token'],
  }
  const subscribeAll = (scopes: readonly string[] = ['list_items', 'order_item']): Promise<void> => {
    const warehouse = [['warehouse', scopes]] as const
    const bills = [['billing', ['pay']]] as const
    return world.publish({ shop: warehouse, spa: warehouse, own: warehouse, once: warehouse, bills })
  }
  await world.app('shop', { ...codeGrants, title: 'Shop <script>', redirectUris: [CALLBACK] })
  await world.app('spa', { ...codeGrants, redirectUris: [CALLBACK], public: true })
  await world.app('own', { ...codeGrants, redirectUris: [CALLBACK_OF_OWN], public: true, firstParty: true })
  await world.app('once', { grants: ['authorization_code'], redirectUris: [CALLBACK] })
  await world.app('bills', { ...codeGrants, redirectUris: [CALLBACK] })
  await world.user('ada')
  await world.user('grace')
  await Promise.all([world.password('ada'), world.password('grace', 'another password')])
  await subscribeAll()
  const secret = await world.credential('shop')

  const request = (changes: Parameters = {}): string =>
    authorizationUrl(world.issuer(), {
      client_id: 'shop',
      response_type: 'code',
      redirect_uri: CALLBACK,
      scope: 'list_items order_item',
      resource: WAREHOUSE,
      state: 'state-1',
      code_challenge: pkce.challenge,
      code_challenge_method: 'S256',
      ...changes,
    })
  const signIn = async (browser: TestBrowser, changes: Parameters = {}): Promise<Visit> => {
    // Sign-ins are limited by account and place: wait until one more is allowed.
    world.clock.advance(60_000)
    const login = await browser.open(request(changes))
    return browser.submit(login, { user: 'ada', password: PASSWORD, decision: 'sign-in' })
  }
  const obtainCode = async (changes: Parameters = {}): Promise<string> => {
    const browser = new TestBrowser()
    const next = await signIn(browser, changes)
    const done = next.away === undefined ? await browser.submit(next, { decision: 'allow' }) : next
    const code = done.away?.searchParams.get('code')
    if (code == null) throw new Error(`no code: ${done.away?.href ?? done.html}`)
    return code
  }
  type Changes = Readonly<Record<string, string>>
  const redeem = (
    code: string,
    changes: Changes = {},
    client = { id: 'shop', secret },
  ): Promise<TokenAnswer> => {
    const parameters = { code, redirect_uri: CALLBACK, code_verifier: pkce.verifier }
    return requestToken(world, client, { grant_type: 'authorization_code', ...parameters, ...changes })
  }
  const refresh = (
    token: unknown,
    changes: Changes = {},
    client = { id: 'shop', secret },
  ): Promise<TokenAnswer> =>
    requestToken(world, client, { grant_type: 'refresh_token', refresh_token: String(token), ...changes })
  const signOut = async (browser: TestBrowser): Promise<Visit> => {
    const ask = await browser.open(`${world.issuer()}/sign-out`)
    const action = /action="([^"]+)"/.exec(ask.html)?.[1] ?? ''
    const xsrf = /name="xsrf" value="([^"]+)"/.exec(ask.html)?.[1] ?? ''
    return browser.open(action, new URLSearchParams({ xsrf, logout: 'yes' }))
  }
  return {
    world,
    pkce,
    secret,
    codeGrants,
    subscribeAll,
    request,
    signIn,
    obtainCode,
    redeem,
    refresh,
    signOut,
  }
}

export type Shop = Awaited<ReturnType<typeof openShop>>
