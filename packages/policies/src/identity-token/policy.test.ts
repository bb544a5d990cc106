import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto'
import { anyPolicy } from '@portcullis/policy-kit/policy'
import { bindFor, type ExchangeOptions, runThrough, testExchange } from '@portcullis/policy-kit/test-kit'
import { principalOf } from '@portcullis/policy-kit/test-principal'
import { openMemoryVault } from '@portcullis/ports/vault/memory'
import { describe, expect, it } from 'vitest'
import { NOW } from '../jwt/test-issuer.ts'
import { identityTokenContract } from './contract.ts'
import { identityToken } from './policy.ts'

const pem = (curve: string) =>
  generateKeyPairSync('ec', { namedCurve: curve })
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString()
const vault = openMemoryVault({ first: pem('P-256'), second: pem('P-256'), other: pem('P-384') })
const ada = principalOf({
  client: 'shop',
  subject: 'ada',
  scopes: new Set(['read', 'write']),
  expiresAt: NOW + 300_000,
  claims: {
    aud: 'https://api.example',
    email: 'ada@example',
    iss: 'evil',
    act: { sub: 'portal' },
    roles: ['a'],
  },
})

function open(config: object = {}) {
  const x = testExchange()
  const steps = bindFor(anyPolicy(identityToken), { config: { key: 'first', ...config } as never }, x, {
    vault,
  })
  const published = steps[0]?.bound.publishes?.keys ?? []
  async function send(options: ExchangeOptions) {
    const sent = testExchange({ receivedAt: NOW, ...options })
    const { ending } = await runThrough(steps, sent)
    const headers = sent.outgoingHeaders()
    for (const each of sent.credentials ?? [])
      each.write({ origin: 'http://127.0.0.1:1', method: 'GET', target: '/', headers, body: undefined })
    return { ending, headers, told: sent.credentials?.[0]?.told }
  }
  /** As a backend reads it, with the keys that the gateway publishes. */
  function read(token = '') {
    const [header = '', payload = '', signature = ''] = token.split('.')
    const { kid, ...rest } = JSON.parse(Buffer.from(header, 'base64url').toString())
    const jwk = published.find((each) => each.kid === kid)
    const key = createPublicKey({ key: jwk as never, format: 'jwk' })
    const how = { key, dsaEncoding: 'ieee-p1363' } as const
    const isGood = verify(
      'sha256',
      Buffer.from(`${header}.${payload}`),
      how,
      Buffer.from(signature, 'base64url'),
    )
    return { isGood, header: rest, claims: JSON.parse(Buffer.from(payload, 'base64url').toString()) }
  }
  return { send, read, published }
}

describe('identity-token', () => {
  it('vouches for the caller to this backend alone, for a minute, with a key that is published', async () => {
    const { send, read } = open({ claims: ['email', 'phone'] })
    const { headers, told } = await send({ principal: ada })
    const { isGood, header, claims } = read(headers.get('portcullis-identity'))
    expect(isGood).toBe(true)
    expect(header).toEqual({ alg: 'ES256', typ: 'portcullis-identity+jwt' })
    expect(claims).toEqual({
      iss: 'https://api.example',
      aud: 'http://127.0.0.1:1',
      sub: 'ada',
      sub_id: { format: 'iss_sub', iss: ada.issuer, sub: 'ada' },
      client_id: 'shop',
      scope: 'read write',
      act: { sub: 'shop', act: { sub: 'portal' } },
      email: 'ada@example',
      iat: NOW / 1000,
      exp: NOW / 1000 + 60,
    })
    expect(told).toMatchObject({
      method: 'identity-token',
      audience: 'http://127.0.0.1:1',
      speaksOf: 'caller',
    })
  })

  it('keeps callers of one name apart whom two issuers know', async () => {
    const { send, read } = open()
    const other = { ...ada, issuer: 'https://partner.example' }
    const { headers } = await send({ principal: other })
    expect(read(headers.get('portcullis-identity')).claims.sub_id.iss).toBe('https://partner.example')
  })

  it('never vouches longer than the caller’s own credential is good', async () => {
    const { send, read } = open()
    const { headers } = await send({ principal: { ...ada, expiresAt: NOW + 5_500 } })
    expect(read(headers.get('portcullis-identity')).claims.exp).toBe(NOW / 1000 + 5)
  })

  it('signs once for the calls of a caller, for half of the token’s life', async () => {
    const { send } = open()
    const at = async (receivedAt: number) =>
      (await send({ principal: ada, receivedAt })).headers.get('portcullis-identity')
    const first = await at(NOW)
    expect(await at(NOW + 29_999)).toBe(first)
    expect(await at(NOW + 30_000)).not.toBe(first)
  })

  it('says nothing of who is not known, and keeps what they say of themselves from the backend', async () => {
    const { send } = open({ field: 'X-Identity' })
    const { headers } = await send({ headers: { 'x-identity': 'forged' } })
    expect(headers.flat()).toEqual([])
  })

  it('publishes the keys of tomorrow and yesterday too, and no private one', () => {
    const { published } = open({ otherKeys: ['second'] })
    expect(published.map((each) => [each.kty, each.alg, each.use])).toEqual([
      ['EC', 'ES256', 'sig'],
      ['EC', 'ES256', 'sig'],
    ])
    expect(JSON.stringify(published)).not.toContain('"d"')
  })

  it('refuses a caller of whom there is too much to tell', async () => {
    const principal = { ...ada, claims: { email: 'x'.repeat(6_000) } }
    const { ending } = await open({ claims: ['email'] }).send({ principal })
    expect(ending).toMatchObject({ fault: { code: 'identity-token.too-large', status: 403 } })
  })

  it('does not load with a key on another curve', () => {
    expect(() => open({ key: 'other' })).toThrow(RangeError)
    expect(() => open({ otherKeys: ['other'] })).toThrow(RangeError)
  })

  it.each([
    [{ claims: ['sub'] }],
    [{ claims: ['act'] }],
    [{ claims: ['sub_id'] }],
    [{ lifetime: '61s' }],
    [{ field: 'Host' }],
    [{ field: 'Portcullis-Decision' }],
  ])('refuses to publish %j', (config) => {
    expect(identityTokenContract.config.safeParse({ key: 'first', ...config }).success).toBe(false)
  })
})
