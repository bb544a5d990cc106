import { signingKeySets } from '@portcullis/model/collection'
import { type SigningAlgorithm, signingAlgorithms } from '@portcullis/model/credential/signing-key'
import { openMemorySigner } from '@portcullis/ports/signer/memory'
import { type Signer, signerFaults } from '@portcullis/ports/signer/port'
import { put } from '@portcullis/ports/store/port'
import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, type JWK, jwtVerify } from 'jose'
import { afterEach, describe, expect, it } from 'vitest'
import { openWorld, post, requestToken } from '../test-kit.ts'
import { openSigningKeys } from './signing-keys.ts'

const DAY = 24 * 3_600_000
const times = { signsMillis: 30 * DAY, announcedMillis: DAY, lingersMillis: 3_600_000 }

type World = Awaited<ReturnType<typeof openWorld>>
let world: World

afterEach(() => world.close())

async function start(algorithms: SigningAlgorithm[] = ['ES256'], signer?: Signer): Promise<string> {
  world = await openWorld({ signer })
  await world.organization('hmart', { signingAlgorithms: algorithms })
  await world.app('stock', { grants: ['client_credentials'] })
  await world.publish({ stock: [['warehouse', ['list_items']]] })
  return world.credential('stock')
}

async function token(secret: string): Promise<string> {
  const client = { id: 'stock', secret }
  const { body } = await requestToken(world, client, {
    grant_type: 'client_credentials',
    scope: 'list_items',
  })
  return String(body.access_token)
}

async function jwks(): Promise<JSONWebKeySet> {
  return (await fetch(`${world.issuer()}/jwks`)).json() as Promise<JSONWebKeySet>
}

const kidOf = (jwt: string) => decodeProtectedHeader(jwt).kid

describe('signing keys of an organization', () => {
  it('are announced before they sign, and published until their last token has ended', async () => {
    const secret = await start()
    const first = await token(secret)
    const before = (await jwks()).keys.map(({ kid }) => kid)
    expect(before[0]).toBe(kidOf(first))
    expect(before).toHaveLength(2)
    world.clock.advance(30 * DAY)
    const second = await token(secret)
    expect(kidOf(second)).toBe(before[1])
    const during = await jwks()
    expect(during.keys.map(({ kid }) => kid)).toContain(kidOf(first))
    expect(during.keys).toHaveLength(3)
    world.clock.advance(3_600_000)
    await token(secret)
    expect((await jwks()).keys.map(({ kid }) => kid)).not.toContain(kidOf(first))
  })

  it('change when an operator asks for it, on every node, once the new one was announced for a day', async () => {
    const secret = await start()
    const first = kidOf(await token(secret))
    const known = await world.store.get(signingKeySets, 'hmart', 'ES256')
    if (known === undefined) throw new Error('there are no keys')
    world.clock.advance(DAY - 1)
    const value = { ...known.value, demandedAt: world.clock.now() }
    await world.store.commit([put(signingKeySets, 'hmart', 'ES256', value)])
    expect(kidOf(await token(secret))).toBe(first)
    // A node sees what another has written within seconds; here the next due time makes it look.
    world.clock.advance(1)
    const again = await openSigningKeys(world, 'hmart', ['ES256'], times)
    expect(again.jwks[0]?.kid).not.toBe(first)
    world.clock.advance(5_000)
    expect(kidOf(await token(secret))).toBe(again.jwks[0]?.kid)
  })

  it('stop at once where one was taken out', async () => {
    const secret = await start()
    const first = kidOf(await token(secret))
    const known = await world.store.get(signingKeySets, 'hmart', 'ES256')
    const keys = known?.value.keys.filter(({ kid }) => kid !== first) ?? []
    await world.store.commit([put(signingKeySets, 'hmart', 'ES256', { keys })])
    world.clock.advance(5_000)
    expect(kidOf(await token(secret))).not.toBe(first)
    expect((await jwks()).keys.map(({ kid }) => kid)).not.toContain(first)
  })

  it.each(signingAlgorithms)('sign with %s where the organization wants it', async (algorithm) => {
    const secret = await start([algorithm])
    const jwt = await token(secret)
    expect(decodeProtectedHeader(jwt).alg).toBe(algorithm)
    const { payload } = await jwtVerify(jwt, createLocalJWKSet(await jwks()), {
      currentDate: new Date(world.clock.now()),
    })
    expect(payload.client_id).toBe('stock')
    const { keys } = await jwks()
    for (const key of keys) expect(Object.keys(key)).not.toEqual(expect.arrayContaining(['d']))
  })

  it('are published for every algorithm, and sign with the first', async () => {
    const secret = await start(['EdDSA', 'RS256'])
    expect(decodeProtectedHeader(await token(secret)).alg).toBe('EdDSA')
    expect((await jwks()).keys.map(({ alg }) => alg)).toEqual(['EdDSA', 'EdDSA', 'RS256', 'RS256'])
  })

  it('are one set, however many processes make them at once', async () => {
    await start()
    const all = await Promise.all(
      Array.from({ length: 5 }, () => openSigningKeys(world, 'new', ['ES256'], times)),
    )
    expect(new Set(all.map(({ version }) => version)).size).toBe(1)
  })

  it('are sealed where they are stored, and open for no other organization', async () => {
    await start(['RS256'])
    const [{ d } = {}] = (await openSigningKeys(world, 'hmart', ['RS256'], times)).jwks as JWK[]
    expect(d).toMatch(/^[\w-]{300,}$/)
    const stored = JSON.stringify(await world.store.find(signingKeySets, 'hmart'))
    expect(stored).not.toContain(d)
    const key = (await world.store.get(signingKeySets, 'hmart', 'RS256'))?.value.keys[0]
    const sealed = key !== undefined && 'sealed' in key ? key.sealed : ''
    await expect(world.secrets.open(sealed, `acme/signing-key/${key?.kid}`)).rejects.toMatchObject({
      code: 'secrets.unreadable',
    })
  })
})

describe('signing keys that somebody else has', () => {
  it.each(['ES256', 'RS256', 'PS256', 'EdDSA'] as const)(
    'sign by %s what verifiers and we ourselves take, and no private half is anywhere here',
    async (algorithm) => {
      const secret = await start([algorithm], openMemorySigner())
      const jwt = await token(secret)
      expect(decodeProtectedHeader(jwt).alg).toBe(algorithm)
      const { payload } = await jwtVerify(jwt, createLocalJWKSet(await jwks()))
      expect(payload).toMatchObject({ sub: 'stock' })
      const client = { id: 'stock', secret }
      expect((await post(world, '/token/introspection', client, { token: jwt })).body).toMatchObject({
        active: true,
      })
      const kept = await world.store.find(signingKeySets, 'hmart')
      expect(kept.flatMap(({ value }) => value.keys).every((key) => 'external' in key)).toBe(true)
      expect(JSON.stringify(kept)).not.toMatch(/"(d|p|q)":/)
    },
  )

  it('rotate like ours', async () => {
    const secret = await start(['ES256'], openMemorySigner())
    const first = await token(secret)
    world.clock.advance(30 * DAY)
    expect(kidOf(await token(secret))).not.toBe(kidOf(first))
    await jwtVerify(first, createLocalJWKSet(await jwks()))
  })

  it('give no token while their signer is away', async () => {
    const signer = openMemorySigner()
    let isAway = false
    const sign: Signer['sign'] = (key, data) =>
      isAway ? Promise.reject(signerFaults.unavailable()) : signer.sign(key, data)
    const secret = await start(['ES256'], { makeKey: signer.makeKey, sign })
    await token(secret)
    isAway = true
    const asked = { grant_type: 'client_credentials', scope: 'list_items' }
    const { status, body } = await requestToken(world, { id: 'stock', secret }, asked)
    expect(status).toBe(503)
    expect(body).not.toHaveProperty('access_token')
    isAway = false
    expect(await token(secret)).toMatch(/^ey/)
  })
})
