import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TestBrowser } from '@portcullis/authserver/test-browser'
import { BILLING, WAREHOUSE } from '@portcullis/authserver/test-kit'
import { CALLBACK, openShop } from '@portcullis/authserver/test-shop'
import { publicKeys } from '@portcullis/model/resource/public-key'
import { openSqliteStore } from '@portcullis/sqlite/store'
import { exportJWK, generateKeyPair } from 'jose'
import { CONNECTIONS, type TokenSite } from './token-site.ts'

/** Our authorization server in a process of its own, its store in memory or in a file: tells its `TokenSite` and serves until it is ended. */

const isInMemory = process.argv[2] === 'memory'
const folder = mkdtempSync(join(tmpdir(), 'portcullis-bench-tokens-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
process.once('SIGTERM', () => process.exit(0))

const shop = await openShop(
  isInMemory ? {} : { openStore: (clock) => openSqliteStore({ file: join(folder, 'store.sqlite'), clock }) },
)
const { world } = shop
const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
const named = { kid: 'bench', alg: 'ES256' }
await world.app('robot', {
  grants: ['authorization_code', 'refresh_token', 'client_credentials', 'token_exchange', 'jwt_bearer'],
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

const asked = { client_id: client.id, scope: 'openid offline_access list_items' }
const browser = new TestBrowser()
await shop.signIn(browser, asked)
const refreshTokens: string[] = []
let subjectToken = ''
for (let i = 0; i < CONNECTIONS; i++) {
  const { away } = await browser.open(shop.request(asked))
  const { status, body } = await shop.redeem(away?.searchParams.get('code') ?? '', {}, client)
  if (status !== 200) throw new Error(`no tokens: ${JSON.stringify(body)}`)
  refreshTokens.push(String(body.refresh_token))
  subjectToken = String(body.access_token)
}
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
  refreshTokens,
  key: { ...(await exportJWK(privateKey)), ...named },
}
console.log(JSON.stringify(site))
