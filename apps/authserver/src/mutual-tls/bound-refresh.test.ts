import { hash, X509Certificate } from 'node:crypto'
import { makeAuthority, type TestCertificate } from '@portcullis/http1/fixture/make-certificate'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BILLING, requestToken, WAREHOUSE } from '../test-kit.ts'
import { CALLBACK, openShop, type Shop } from '../test-shop.ts'

const [first, second] = [makeAuthority('first'), makeAuthority('second')]
const derOf = ({ certificate }: TestCertificate) => new X509Certificate(certificate).raw
const shown = (each: TestCertificate) => ({ 'client-cert': `:${derOf(each).toString('base64')}:` })
const cnfOf = (each: TestCertificate) => ({ 'x5t#S256': hash('sha256', derOf(each), 'base64url') })
const phone = { id: 'phone' }
let shop: Shop

beforeAll(async () => {
  shop = await openShop({ handedOn: { believes: () => true } })
  const { world } = shop
  await world.app('phone', {
    grants: ['authorization_code', 'refresh_token'],
    redirectUris: [CALLBACK],
    public: true,
    certificateBoundTokens: true,
  })
  const right = { from: WAREHOUSE, to: BILLING, scopes: ['pay'], as: 'delegation', depth: 1 } as const
  const grants = ['token_exchange' as const]
  await world.app('stock', { grants, serves: [WAREHOUSE], exchangeRights: [{ ...right, scopes: ['pay'] }] })
  await world.publish({
    phone: [['warehouse', ['list_items']]],
    stock: [['billing', ['pay']]],
  })
})
afterAll(() => shop.world.close())

async function signIn(headers: Readonly<Record<string, string>>) {
  const code = await shop.obtainCode({ client_id: 'phone', scope: 'list_items' })
  const parameters = { code, redirect_uri: CALLBACK, code_verifier: shop.pkce.verifier }
  return requestToken(shop.world, phone, { grant_type: 'authorization_code', ...parameters }, headers)
}

describe('a public app whose tokens are bound to certificates', () => {
  it('gets none without one', async () => {
    expect((await signIn({})).body).toMatchObject({ error: 'invalid_grant' })
  })

  it('refreshes only with the same certificate (RFC 8705 §4)', async () => {
    const { body } = await signIn(shown(first))
    const refresh = (headers: Readonly<Record<string, string>>) => {
      const parameters = { grant_type: 'refresh_token', refresh_token: String(body.refresh_token) }
      return requestToken(shop.world, phone, parameters, headers)
    }
    expect((await refresh({})).body.error).toBe('invalid_grant')
    expect((await refresh(shown(second))).body.error).toBe('invalid_grant')
    const again = await refresh(shown(first))
    expect(decodeJwt(String(again.body.access_token)).cnf).toEqual(cnfOf(first))
  })

  it('is acted for only by who binds the exchanged token as well (RFC 8693)', async () => {
    const token = String((await signIn(shown(first))).body.access_token)
    const stock = { id: 'stock', secret: await shop.world.credential('stock') }
    const exchange = (headers: Readonly<Record<string, string>>) =>
      requestToken(
        shop.world,
        stock,
        {
          grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
          subject_token: token,
          subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
          audience: BILLING,
          scope: 'pay',
        },
        headers,
      )
    expect((await exchange({})).body.error).toBe('invalid_request')
    const { body } = await exchange(shown(second))
    expect(decodeJwt(String(body.access_token))).toMatchObject({ sub: 'ada', cnf: cnfOf(second) })
  })
})
