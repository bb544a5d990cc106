import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openVouching } from '@portcullis/authserver/grant/saml-bearer/fixture/vouching'
import { type Model, oidcCollections } from '@portcullis/authserver/provider/collection'
import { revokerOf } from '@portcullis/authserver/provider/revoker'
import { StoreAdapter } from '@portcullis/authserver/provider/store-adapter'
import { TestBrowser } from '@portcullis/authserver/test-browser'
import { BILLING, PASSWORD, post, WAREHOUSE } from '@portcullis/authserver/test-kit'
import { CALLBACK, openShop } from '@portcullis/authserver/test-shop'
import { tuneCollector } from '@portcullis/gateway/thread/tune-collector'
import { publicKeys } from '@portcullis/model/resource/public-key'
import { defaultLifetimes } from '@portcullis/oauth/lifetime'
import { openSqliteEvents } from '@portcullis/sqlite/events'
import { openSqliteStore } from '@portcullis/sqlite/store'
import { openLog } from '@portcullis/system/pino-log'
import { shiftedClock } from '@portcullis/system/shifted-clock'
import { exportJWK, generateKeyPair } from 'jose'
import { answerOrders } from './supply.ts'
import type { TokenSite } from './token-site.ts'

/** Our authorization server in a process of its own, its store in a file: tells its `TokenSite` and serves until it is ended. */

const folder = mkdtempSync(join(tmpdir(), 'portcullis-bench-tokens-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
process.once('SIGTERM', () => process.exit(0))
// As `portcullis start` does.
tuneCollector()

const running = shiftedClock()
const shop = await openShop({
  clock: { now: running.now, advance: running.pass, set: (millis) => running.pass(millis - running.now()) },
  lookMillis: 1000,
  openStore: (clock) => openSqliteStore({ file: join(folder, 'store.sqlite'), clock }),
  // As it is installed: the time passes, and what is decided is kept as well; lines of the log are made, and read by nobody.
  events: await openSqliteEvents({ file: join(folder, 'decisions.sqlite') }),
  log: openLog({ level: 'info', stream: { write: () => true } }),
})
const { world } = shop
const { store, clock } = world
const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
const named = { kid: 'bench', alg: 'ES256' }
await world.app('robot', {
  grants: [
    ...(['authorization_code', 'refresh_token', 'client_credentials', 'device_code'] as const),
    ...(['token_exchange', 'jwt_bearer', 'saml_bearer'] as const),
  ],
  redirectUris: [CALLBACK],
  firstParty: true,
  serves: [WAREHOUSE],
  exchangeRights: [{ from: WAREHOUSE, to: BILLING, scopes: ['list_items'], as: 'delegation', depth: 2 }],
  jwks: publicKeys.parse({ keys: [{ ...(await exportJWK(publicKey)), ...named }] }),
})
const scopes = ['list_items'] as const
await world.publish({
  robot: [
    ['warehouse', scopes],
    ['billing', scopes],
  ],
})
const client = { id: 'robot', secret: await world.credential('robot') }
const vouching = openVouching(world)
await vouching.declare()

const wanted = { scope: 'openid list_items', resource: WAREHOUSE }
const asked = { client_id: client.id, ...wanted }
const browser = new TestBrowser()
await shop.signIn(browser, asked)
const { away } = await browser.open(shop.request(asked))
const { status, body } = await shop.redeem(away?.searchParams.get('code') ?? '', {}, client)
if (status !== 200) throw new Error(`no tokens: ${JSON.stringify(body)}`)
const subjectToken = String(body.access_token)
await browser.open(shop.request(asked))

const device = (await post(world, '/device/authorization', client, wanted)).body
if (device.device_code === undefined) throw new Error(`no device code: ${JSON.stringify(device)}`)
const page = await browser.open(`${world.issuer()}/device`)
const typed = await browser.submit(page, { user_code: String(device.user_code) })
const confirmed = await browser.submit(typed, { confirm: 'yes' })
if (confirmed.html.includes('name="password"')) {
  clock.advance(60_000)
  await browser.submit(confirmed, { user: 'ada', password: PASSWORD, decision: 'sign-in' })
}

const issuer = new URL(world.issuer())
const lifetimes = defaultLifetimes
const revoker = revokerOf({ store, clock, issuer, lifetimes, standsFor: async () => undefined })
const adapterOf = (model: Model): StoreAdapter =>
  new StoreAdapter(oidcCollections[model], { store, clock, organization: 'hmart', revoker })
const GOOD_SECONDS = 3600

/** More of what a user was given just now, each under a grant of its own. */
async function likeThose(
  model: Model,
  isOne: (payload: object) => boolean,
): Promise<(count: number) => Promise<string[]>> {
  const documents = await store.find(oidcCollections[model], 'hmart')
  const one = documents.find(({ value }) => isOne(value))?.value
  const grant = one?.grantId === undefined ? undefined : await adapterOf('Grant').find(one.grantId)
  if (one === undefined || grant === undefined) throw new Error(`there is no ${model} to be copied`)
  const exp = Math.floor(Date.now() / 1000) + GOOD_SECONDS
  const make = async (): Promise<string> => {
    const [id, grantId] = [randomBytes(32).toString('base64url'), randomBytes(32).toString('base64url')]
    await Promise.all([
      adapterOf('Grant').upsert(grantId, { ...grant, jti: grantId }, GOOD_SECONDS),
      adapterOf(model).upsert(id, { ...one, jti: id, grantId, exp }, GOOD_SECONDS),
    ])
    return id
  }
  return (count) => Promise.all(Array.from({ length: count }, make))
}
const isUnspent = (payload: object): boolean => !('consumed' in payload)
answerOrders({
  'refresh-token': await likeThose('RefreshToken', isUnspent),
  code: await likeThose('AuthorizationCode', isUnspent),
  'device-code': await likeThose('DeviceCode', (payload) => 'accountId' in payload),
  'saml-assertion': async (count) =>
    Array.from({ length: count }, () => Buffer.from(vouching.signed()).toString('base64url')),
})

const site: TokenSite = {
  port: world.port,
  issuer: world.issuer(),
  tokenPath: '/hmart/token',
  introspectionPath: '/hmart/token/introspection',
  client,
  resource: WAREHOUSE,
  exchangeTo: BILLING,
  subjectToken,
  inspectedToken: subjectToken,
  redirectUri: CALLBACK,
  codeVerifier: shop.pkce.verifier,
  key: { ...(await exportJWK(privateKey)), ...named },
}
console.log(JSON.stringify(site))
