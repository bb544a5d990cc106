import { apiKeyIdOf } from '@portcullis/kernel/api-key'
import { fingerprintOf, Secret } from '@portcullis/kernel/secret'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openServedSite, type ServedSite } from '../served-test-kit.ts'
import { faultOf, WAREHOUSE } from '../test-kit.ts'

let site: ServedSite

beforeEach(async () => {
  site = await openServedSite()
  await site.clientWith('resources.write').applyBundle({ body: { files: WAREHOUSE } })
})

afterEach(() => site.close())

const params = { organization: 'hmart', app: 'robot' }
const admin = () => site.clientWith('resources.write resources.read')
const gateway = () => site.clientWith('gateway.sync')
const issue = (body: { expiresIn?: string } = {}) =>
  admin().issueCredential({ params, body: { kind: 'api-key', ...body } })
const told = async (after = 0) => (await gateway().listApiKeys({ query: { after } })).apiKeys

describe('an API key', () => {
  it('is shown once, and gateways are told of its hash', async () => {
    const { credential, secret } = await issue()
    expect(apiKeyIdOf(secret)).toBe(credential.id)
    const [key] = await told()
    expect(key).toMatchObject({
      position: 1,
      id: credential.id,
      organization: 'hmart',
      app: 'robot',
      hash: fingerprintOf(new Secret(secret)),
    })
    const shown = JSON.stringify([await admin().listCredentials({ params }), await told()])
    expect(shown).not.toContain(secret.slice(31))
  })

  it('is told of while gateways listen, and that it is over', async () => {
    const stop = new AbortController()
    const opened = Promise.withResolvers<void>()
    const events = gateway().watchChanges({ signal: stop.signal, onOpen: opened.resolve })
    const next = events[Symbol.asyncIterator]()
    const first = next.next()
    await opened.promise
    const { credential } = await issue()
    expect((await first).value).toEqual({ event: 'api-key', position: 1 })
    const second = next.next()
    const { credential: revoked } = await admin().revokeCredential({
      params: { ...params, credential: credential.id },
    })
    expect(revoked).toMatchObject({ kind: 'api-key', usable: false, revokedAt: expect.any(String) })
    expect((await second).value).toEqual({ event: 'api-key', position: 2 })
    stop.abort()
    const keys = await told()
    expect(keys).toEqual([
      expect.objectContaining({ position: 2, id: credential.id, revokedAt: expect.any(Number) }),
    ])
    expect(await told(2)).toEqual([])
  })

  it('is rotated with an overlap, and says when it ends', async () => {
    const [old, fresh] = [await issue({ expiresIn: '1h' }), await issue()]
    const { credentials } = await admin().listCredentials({ params })
    expect(
      credentials.filter(({ kind }) => kind === 'api-key').map(({ id, usable }) => [id, usable]),
    ).toEqual([
      [old.credential.id, true],
      [fresh.credential.id, true],
    ])
    expect(old.credential.expiresAt).toBe(
      new Date(Date.parse(old.credential.issuedAt) + 3_600_000).toISOString(),
    )
  })

  it('is over with its app', async () => {
    const { credential } = await issue()
    const body = { files: { ...WAREHOUSE, 'shop.yaml': '' }, prune: true }
    const withoutApp = Object.fromEntries(Object.entries(body.files).filter(([, text]) => text !== ''))
    await admin().applyBundle({ body: { files: withoutApp, prune: true } })
    expect(await told(1)).toEqual([
      expect.objectContaining({ id: credential.id, revokedAt: expect.any(Number) }),
    ])
  })

  it('is for no other app to revoke, and for nobody without the right', async () => {
    const { credential } = await issue()
    const elsewhere = admin().revokeCredential({
      params: { organization: 'system', app: 'gateway', credential: credential.id },
    })
    expect((await faultOf(elsewhere)).code).toBe('credential.unknown')
    expect(
      (await faultOf(site.clientWith('resources.read').listApiKeys({ query: { after: 0 } }))).status,
    ).toBe(403)
  })
})
