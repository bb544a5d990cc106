import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { makeAuthority } from '@portcullis/http1/fixture/make-certificate'
import { deliveries, idOf, SYSTEM, tokenRules } from '@portcullis/model/collection'
import { encryptionKey } from '@portcullis/model/resource/token-delivery'
import { openApprovals } from '@portcullis/oauth/approval/approvals'
import { put } from '@portcullis/ports/store/port'
import { compactDecrypt, createRemoteJWKSet, decodeJwt, exportJWK, generateKeyPair, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { APPROVED_TOKEN } from '../provider/client.ts'
import { TestBrowser } from '../test-browser.ts'
import { requestToken, type TestClient, WAREHOUSE, type World } from '../test-kit.ts'
import { CALLBACK, openShop, type Shop } from '../test-shop.ts'

const keys = await generateKeyPair('ECDH-ES+A256KW')
const authority = makeAuthority()
const { certificate: cert, key } = authority.issue(['127.0.0.1'])
const trusted = getCACertificates('default')
const brought: string[] = []
const statuses: number[] = []
const webhook = createServer({ cert, key }, async (request, response) => {
  brought.push(Buffer.concat(await request.toArray()).toString())
  response.writeHead(statuses.shift() ?? 204).end()
})
let shop: Shop

beforeAll(async () => {
  setDefaultCACertificates([...trusted, authority.certificate])
  webhook.listen(0, '127.0.0.1')
  await once(webhook, 'listening')
  shop = await openShop({ reachPrivate: true })
  const { world, codeGrants } = shop
  const jwk = encryptionKey.parse({ ...(await exportJWK(keys.publicKey)), kid: 'e1' })
  const to = { webhook: `https://127.0.0.1:${(webhook.address() as AddressInfo).port}/tokens`, key: jwk }
  await world.app('sleeper', { ...codeGrants, redirectUris: [CALLBACK], tokenDelivery: to })
  const all = [['warehouse', ['list_items', 'order_item']]] as const
  await world.publish({ shop: all, sleeper: all })
  await demandApproval(world)
})
afterAll(async () => {
  await shop.world.close()
  webhook.close()
  setDefaultCACertificates(trusted)
})

/** Owners allow every token. */
async function demandApproval(world: World): Promise<void> {
  for (const name of ['grace', 'kurt']) {
    const spec = { title: name, disabled: false, email: `${name}@hmart.example`, roles: ['owner'] }
    await world.apply({ kind: 'User', organization: 'hmart', name, spec })
    await world.password(name, 'another password')
  }
  const rules = [{ name: 'all', outcome: { approval: { roles: ['owner'], count: 1 } } }]
  const sets = [{ name: 'all', roles: {}, groups: {}, rules }]
  await world.store.commit([put(tokenRules, 'hmart', idOf.tokenRules, { sets })])
}
const clientOf = async (id: string): Promise<TestClient> => ({ id, secret: await shop.world.credential(id) })
const decide = (approval: unknown, verdict: 'approve' | 'refuse' = 'approve', user = 'grace') =>
  openApprovals(shop.world).decide('hmart', String(approval), user, { verdict, reason: '' })
const pickUp = (client: TestClient, { approval, pick_up }: Readonly<Record<string, unknown>>) =>
  requestToken(shop.world, client, {
    grant_type: APPROVED_TOKEN,
    approval: String(approval),
    pick_up: String(pick_up),
  })
/** What the app reads in what it was brought for an approval. */
async function opened(approval: unknown, from = 0) {
  for (const jwe of brought.slice(from)) {
    const { plaintext, protectedHeader } = await compactDecrypt(jwe, keys.privateKey)
    const jwt = new TextDecoder().decode(plaintext)
    if (decodeJwt(jwt).approval !== approval) continue
    const jwks = createRemoteJWKSet(new URL(`${shop.world.issuer()}/jwks`))
    const verified = await jwtVerify(jwt, jwks, { issuer: shop.world.issuer(), audience: 'sleeper' })
    return { jwe, protectedHeader, payload: verified.payload }
  }
  return undefined
}

describe('a token that people allowed and that is brought to a webhook', () => {
  const ask = async () => {
    const client = await clientOf('sleeper')
    const code = await shop.obtainCode({ client_id: 'sleeper' })
    const { body } = await shop.redeem(code, {}, { id: 'sleeper', secret: client.secret ?? '' })
    expect(body.error).toBe('authorization_pending')
    return { client, body }
  }

  it('is signed by us and readable for the app alone, and comes with its refresh token', async () => {
    const { client, body } = await ask()
    await decide(body.approval)
    const { payload, protectedHeader, jwe } = await vi.waitUntil(() => opened(body.approval), {
      timeout: 5_000,
    })
    expect(protectedHeader).toMatchObject({ alg: 'ECDH-ES+A256KW', enc: 'A256GCM', kid: 'e1', cty: 'JWT' })
    expect(decodeJwt(String(payload.access_token))).toMatchObject({
      sub: 'ada',
      aud: WAREHOUSE,
      client_id: 'sleeper',
    })
    expect(jwe).not.toContain(String(payload.access_token))
    const parameters = { grant_type: 'refresh_token', refresh_token: String(payload.refresh_token) }
    const refreshed = await requestToken(shop.world, client, parameters)
    // What rules demand approval for is asked for again; the refresh token itself is good.
    expect(refreshed.body.error).toBe('authorization_pending')
    expect((await pickUp(client, body)).body.error).toBe('invalid_grant')
  })

  it('comes again, the same, until it is taken', async () => {
    const { body } = await ask()
    statuses.push(503)
    await decide(body.approval)
    const first = await vi.waitUntil(() => opened(body.approval), { timeout: 5_000 })
    const place = brought.indexOf(first.jwe) + 1
    shop.world.clock.advance(60_000)
    const second = await vi.waitUntil(() => opened(body.approval, place), { timeout: 5_000 })
    expect(second.jwe).toBe(first.jwe)
    await expect.poll(async () => (await shop.world.store.find(deliveries, SYSTEM)).length).toBe(0)
  })

  it('does not come where it was refused, which is told, or picked up', async () => {
    const { client, body } = await ask()
    await decide(body.approval, 'refuse')
    const refused = await vi.waitUntil(() => opened(body.approval), { timeout: 5_000 })
    expect(refused.payload).toMatchObject({ error: 'access_denied' })
    expect(refused.payload).not.toHaveProperty('access_token')
    shop.world.clock.advance(86_400_000)
    const other = await ask()
    const before = brought.length
    await decide(other.body.approval)
    const picked = await pickUp(client, other.body)
    // Where both came at once, the delivery finds that at its next try.
    await expect
      .poll(async () => {
        shop.world.clock.advance(10_000)
        return (await shop.world.store.find(deliveries, SYSTEM)).length
      })
      .toBe(0)
    // Exactly one of both: whoever was quicker.
    expect(brought.length - before + (picked.status === 200 ? 1 : 0)).toBe(1)
  })
})

describe('a token that people allowed and that is shown to the owner of its app', () => {
  const ask = async (robot: TestClient) =>
    (
      await requestToken(shop.world, robot, {
        grant_type: 'client_credentials',
        scope: 'list_items',
        resource: WAREHOUSE,
      })
    ).body
  const pageOf = async (browser: TestBrowser, user: string) => {
    const page = await browser.open(`${shop.world.issuer()}/account/approvals`)
    return browser.submit(page, { user, password: 'another password', decision: 'sign-in' })
  }

  it('is told of without anything that would be enough to get it, and shown once, to them alone', async () => {
    await shop.world.close()
    shop = await reopened()
    const robot = await clientOf('robot')
    const waiting = await ask(robot)
    expect(waiting.error).toBe('authorization_pending')
    // Who gets it does not allow it.
    await expect(decide(waiting.approval, 'approve', 'kurt')).rejects.toMatchObject({ code: 'approval.own' })
    await decide(waiting.approval)
    const mail = await vi.waitUntil(
      () =>
        shop.world.mail.sent.find(
          ({ to, subject }) => to.startsWith('kurt') && subject.includes('a token waits'),
        ),
      { timeout: 5_000 },
    )
    expect(mail.text).toContain(`${shop.world.issuer()}/account/approvals`)
    expect(mail.text).not.toContain(String(waiting.pick_up))
    expect((await pageOf(new TestBrowser(), 'grace')).html).not.toContain('Show it once')
    const browser = new TestBrowser()
    const page = await pageOf(browser, 'kurt')
    const shown = await browser.submit(page, {}, '/tokens')
    const token = /<textarea id="access"[^>]*>([^<]+)</.exec(shown.html)?.[1] ?? ''
    expect(decodeJwt(token)).toMatchObject({ sub: 'robot', aud: WAREHOUSE, scope: 'list_items' })
    const again = await browser.submit(page, {}, '/tokens')
    expect([again.status, again.html.includes('textarea')]).toEqual([422, false])
    expect((await pickUp(robot, waiting)).body.error).toBe('invalid_grant')
  })

  /** Its clock is that of the machine: what is shown asks for a sign-in of the last minutes. */
  async function reopened(): Promise<Shop> {
    const fresh = await openShop({ reachPrivate: true })
    const { world } = fresh
    await world.app('robot', { owner: 'kurt', tokenDelivery: 'owner' })
    await world.publish({ robot: [['warehouse', ['list_items']]] })
    await demandApproval(world)
    return fresh
  }
})
