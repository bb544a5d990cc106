import { createHmac, createSign, KeyObject } from 'node:crypto'
import { type CryptoKey, exportSPKI, generateKeyPair, importJWK, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { askForToken, callWarehouse, stockViewerToken } from '../src/caller.ts'
import { apiDeclaration, contractText } from '../src/declaration.ts'
import { type System, startSystem } from '../src/system.ts'

/** Each way to make up or bend a token, against a gateway that has just accepted the real one. */
describe('a token that the authorization server did not issue for this call', () => {
  let system: System
  let token: string
  let header: Record<string, unknown>
  let claims: Record<string, unknown>
  beforeAll(async () => {
    system = await startSystem()
    token = await stockViewerToken(system)
    const [first, second] = token.split('.') as [string, string, string]
    header = decode(first)
    claims = decode(second)
    expect((await callWarehouse(system, 'GET', '/items', { token })).status).toBe(200)
  })
  afterAll(async () => system?.[Symbol.asyncDispose]())

  test('is refused when its claims were changed', async () => {
    const [first, , third] = token.split('.')
    const bent = `${first}.${encode({ ...claims, scope: 'list_items order_item' })}.${third}`
    await expectRefused(bent, 'jwt.bad-signature')
  })

  test('is refused when its signature was changed', async () => {
    const [first, second, third] = token.split('.') as [string, string, string]
    const flipped = (third[10] === 'A' ? 'B' : 'A') as string
    await expectRefused(
      `${first}.${second}.${third.slice(0, 10)}${flipped}${third.slice(11)}`,
      'jwt.bad-signature',
    )
  })

  test.each(['none', 'None', 'NONE'])('is refused when it says alg: %s', async (alg) => {
    await expectRefused(`${encode({ ...header, alg })}.${encode(claims)}.`)
    await expectRefused(`${encode({ ...header, alg })}.${encode(claims)}.AAAA`)
  })

  test('is refused when it is signed HS256 with the public key as the secret', async () => {
    const signed = `${encode({ ...header, alg: 'HS256' })}.${encode(claims)}`
    const hmac = createHmac('sha256', await publicKeyPem(system))
      .update(signed)
      .digest('base64url')
    await expectRefused(`${signed}.${hmac}`)
  })

  test('is refused when its key id is unknown', async () => {
    const { privateKey } = await generateKeyPair('ES256')
    const forged = await new SignJWT(claims)
      .setProtectedHeader({ ...header, alg: 'ES256', kid: 'made-up' })
      .sign(privateKey)
    await expectRefused(forged, 'jwt.unknown-key')
  })

  test('is refused when another key signed it under the known key id', async () => {
    const { privateKey } = await generateKeyPair('ES256', { extractable: true })
    const signed = `${encode(header)}.${encode(claims)}`
    const signature = createSign('sha256')
      .update(signed)
      .sign({ key: KeyObject.from(privateKey), dsaEncoding: 'ieee-p1363' }, 'base64url')
    await expectRefused(`${signed}.${signature}`, 'jwt.bad-signature')
  })

  test('is refused when it is no token at all, and nothing of it comes back', async () => {
    for (const garbage of ['x', 'a.b', 'a.b.c', `${'a'.repeat(20_000)}.b.c`, 'eyJ9.eyJ9.eyJ9']) {
      await expectRefused(garbage)
    }
  })

  test('is refused at one API when it was issued for another', async () => {
    const { controlPlane, addresses } = system.running
    await controlPlane?.apply(
      { 'stores.yaml': storesDeclaration, 'stores.openapi.yaml': contractText() },
      { actor: 'test' },
    )
    const resource = `${addresses.gateway}/stores/v1`
    const { status, body } = await askForToken(system, { resource, scope: 'see_things' })
    expect(status).toBe(200)
    await expectRefused(String(body.access_token), 'jwt.wrong-audience')
  })

  test('is refused once it has expired', async () => {
    system.pass(HOUR_MILLIS)
    await expectRefused(token, 'jwt.expired')
  })

  async function expectRefused(bad: string, code?: string): Promise<void> {
    const called = await callWarehouse(system, 'GET', '/items', { token: bad })
    expect([400, 401, 431]).toContain(called.status)
    if (called.status === 401) {
      expect(called.headers.get('www-authenticate')).toContain('error="invalid_token"')
      if (code !== undefined) expect(called.body).toMatchObject({ code })
    }
    expect(JSON.stringify(called.body)).not.toContain('.ts:')
  }
})

const HOUR_MILLIS = 3_600_000

/** A second API, to which the stock viewer subscribes too. */
const storesDeclaration = `
${apiDeclaration('stores')}
---
{ kind: Product, organization: hmart, name: stores, spec: { title: Stores, apis: [{ api: stores, version: v1 }] } }
---
{ kind: Plan, organization: hmart, name: stores, spec: { title: Stores, product: stores } }
---
kind: Subscription
organization: hmart
name: stock-viewer-stores
spec: { app: stock-viewer, product: stores, plan: stores, scopes: [see_things] }
`

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const decode = (part: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(part, 'base64url').toString())

async function publicKeyPem(system: System): Promise<string> {
  const response = await fetch(`${system.running.addresses.authserver}/hmart/jwks`)
  const { keys } = (await response.json()) as { keys: [{ kty: string }] }
  return exportSPKI((await importJWK(keys[0], 'ES256', { extractable: true })) as CryptoKey)
}
