import { openMemoryVault } from '@portcullis/ports/vault/memory'
import { encryptAssertion, makeSigner, signRoot } from '@portcullis/saml/fixture/idp'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openWorld, requestToken, type TestClient, WAREHOUSE, type World } from '../../test-kit.ts'
import { openVouching, SAML_BEARER } from './fixture/vouching.ts'

const own = makeSigner()
let world: World
let portal: TestClient
let other: TestClient
let vouching: ReturnType<typeof openVouching>

beforeAll(async () => {
  world = await openWorld({ vault: openMemoryVault({ ours: own.key }) })
  await world.app('portal', { grants: ['saml_bearer'] })
  await world.app('other', { grants: ['client_credentials'] })
  const warehouse = [['warehouse', ['list_items']]] as const
  await world.publish({ portal: warehouse, other: warehouse })
  portal = { id: 'portal', secret: await world.credential('portal') }
  other = { id: 'other', secret: await world.credential('other') }
  vouching = openVouching(world)
  await declare()
})
afterAll(() => world.close())

const declare = (changes: object = {}) =>
  vouching.declare({ decryptionKeys: [{ key: 'ours', certificate: own.certificate }], ...changes })
const ask = (xml: string, client = portal, changes = {}) =>
  requestToken(world, client, {
    grant_type: SAML_BEARER,
    assertion: Buffer.from(xml).toString('base64url'),
    resource: WAREHOUSE,
    scope: 'list_items',
    ...changes,
  })

describe('a SAML assertion that an app presents (RFC 7522)', () => {
  it('gives a token for the account of whom it names, the same each time', async () => {
    const { status, body } = await ask(vouching.signed())
    expect({ status, body }).toMatchObject({ status: 200, body: { scope: 'list_items' } })
    const claims = decodeJwt(String(body.access_token))
    expect(claims).toMatchObject({
      sub: expect.stringMatching(/^corp-/),
      client_id: 'portal',
      aud: WAREHOUSE,
    })
    const again = await ask(vouching.signed({ audiences: [[vouching.endpoint()]] }))
    expect(decodeJwt(String(again.body.access_token)).sub).toBe(claims.sub)
    const another = await ask(vouching.signed({ subject: { value: 'z-2' } }))
    expect(decodeJwt(String(another.body.access_token)).sub).not.toBe(claims.sub)
  })

  it('may be encrypted, and may be padded', async () => {
    const xml = encryptAssertion(vouching.signed(), own.certificate)
    const assertion = Buffer.from(xml).toString('base64').replaceAll('+', '-').replaceAll('/', '_')
    expect((await ask('', portal, { assertion })).status).toBe(200)
  })

  it('is good once, however many present it at the same moment', async () => {
    const xml = vouching.signed()
    const answers = await Promise.all([ask(xml), ask(xml), ask(xml)])
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 400, 400])
  })

  it.each<[string, () => string]>([
    ['that nobody signed', () => vouching.say()],
    ['that somebody else signed', () => signRoot(vouching.say(), own)],
    ['of another issuer', () => vouching.signed({ issuer: 'https://else.example' })],
    [
      'for a sign-in here',
      () => vouching.signed({ audiences: [[`${world.issuer()}/upstream/corp/callback`]] }),
    ],
    [
      'that was sent elsewhere',
      () => vouching.signed(vouching.confirmed({ recipient: `${world.issuer()}/upstream/corp/callback` })),
    ],
    [
      'that was sent nowhere in particular',
      () => vouching.signed(vouching.confirmed({ recipient: undefined })),
    ],
    ['that answers a request', () => vouching.signed(vouching.confirmed({ inResponseTo: '_x' }))],
    ['that is over', () => vouching.signed(vouching.confirmed({ notOnOrAfter: world.clock.now() - 61_000 }))],
    ['that is old', () => vouching.signed({ issuedAt: world.clock.now() - 700_000 })],
    ['that is none', () => '<a/>'],
  ])('%s gives nothing', async (_, xml) => {
    expect((await ask(xml())).body.error).toBe('invalid_grant')
  })

  it('is taken from apps alone that may present one, in base64url', async () => {
    expect((await ask(vouching.signed(), other)).body.error).toBe('invalid_request')
    expect((await ask('', portal, { assertion: '<a/>' })).body.error).toBe('invalid_grant')
    expect((await ask('', portal, { assertion: '' })).body.error).toBe('invalid_request')
    expect((await ask(vouching.signed(), portal, { scope: 'order_item' })).body.error).toBe('invalid_scope')
  })

  it('counts where its issuer is declared to vouch for users, while that is enabled, and for accounts that there may be', async () => {
    for (const changes of [{ vouchesForUsers: false }, { disabled: true }, { encrypted: true }]) {
      await declare(changes)
      expect((await ask(vouching.signed())).body.error).toBe('invalid_grant')
    }
    await declare({ accounts: 'linked' })
    expect((await ask(vouching.signed())).status).toBe(200)
    expect((await ask(vouching.signed({ subject: { value: 'nobody' } }))).body.error).toBe('invalid_grant')
    await declare()
  })
})
