import { argon2Sync, createPublicKey, verify } from 'node:crypto'
import { Duration } from '@portcullis/kernel/duration'
import { fingerprintOf, Secret } from '@portcullis/kernel/secret'
import { credentials, passwords } from '@portcullis/model/collection'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  changed,
  faultOf,
  findingsOf,
  openTestSite,
  type TestSite,
  testDecision,
  WAREHOUSE,
} from './test-kit.ts'

const by = { actor: 'test' }
let site: TestSite

beforeEach(async () => {
  site = await openTestSite()
  await site.controlPlane.apply(WAREHOUSE, by)
})

afterEach(async () => {
  await site.controlPlane.close()
})

describe('a credential', () => {
  it('is shown once and kept only as a hash', async () => {
    const { controlPlane, store } = site
    const { credential, secret } = await controlPlane.issueCredential('hmart', 'robot')
    expect(secret.reveal()).toMatch(/^pcs_[A-Za-z0-9_-]{43}$/)
    const stored = await store.find(credentials, 'hmart')
    expect(stored.map((each) => each.value.hash)).toEqual([fingerprintOf(secret)])
    expect(
      JSON.stringify([stored, await controlPlane.listCredentials('hmart', 'robot'), site.log.lines]),
    ).not.toContain(secret.reveal())
    expect(credential).toEqual({
      id: credential.id,
      kind: 'client-secret',
      app: 'robot',
      issuedAt: credential.issuedAt,
      usable: true,
    })
    expect(JSON.stringify(await controlPlane.exportFiles())).not.toContain(fingerprintOf(secret))
  })

  it('expires when it was said to', async () => {
    const { controlPlane, clock } = site
    const { credential } = await controlPlane.issueCredential('hmart', 'robot', {
      expiresIn: Duration.parse('1h'),
    })
    expect(Date.parse(credential.expiresAt ?? '')).toBe(clock.now() + 3_600_000)
    clock.advance(3_600_000)
    expect((await controlPlane.listCredentials('hmart', 'robot'))[0]?.usable).toBe(false)
  })

  it('overlaps with others for a rotation, but not with ever more, also when asked for at once', async () => {
    const { controlPlane } = site
    const all = await Promise.allSettled(
      Array.from({ length: 6 }, () => controlPlane.issueCredential('hmart', 'robot')),
    )
    expect(all.filter((each) => each.status === 'fulfilled')).toHaveLength(3)
    expect((await faultOf(controlPlane.issueCredential('hmart', 'robot'))).code).toBe('credential.too-many')
    const [first] = await controlPlane.listCredentials('hmart', 'robot')
    await controlPlane.revokeCredential('hmart', 'robot', first?.id ?? '')
    await controlPlane.issueCredential('hmart', 'robot')
  })

  it('is revoked once and for all, and only by its own app’s name', async () => {
    const { controlPlane, clock } = site
    const { credential } = await controlPlane.issueCredential('hmart', 'robot')
    expect((await faultOf(controlPlane.revokeCredential('hmart', 'other', credential.id))).code).toBe(
      'credential.unknown',
    )
    const revoked = await controlPlane.revokeCredential('hmart', 'robot', credential.id)
    expect(revoked).toMatchObject({ usable: false })
    clock.advance(1000)
    expect(await controlPlane.revokeCredential('hmart', 'robot', credential.id)).toEqual(revoked)
  })

  it('is not issued to an app that is not there, or that cannot keep a secret', async () => {
    const { controlPlane } = site
    expect((await faultOf(controlPlane.issueCredential('hmart', 'gone'))).code).toBe('credential.unknown-app')
    expect((await faultOf(controlPlane.issueCredential('other', 'robot'))).code).toBe(
      'credential.unknown-app',
    )
    await controlPlane.apply(
      {
        'a.yaml':
          'kind: App\norganization: hmart\nname: page\nspec: { title: P, public: true, grants: [authorization_code], redirectUris: ["https://p.example/"] }',
      },
      by,
    )
    expect((await faultOf(controlPlane.issueCredential('hmart', 'page'))).code).toBe(
      'credential.public-client',
    )
  })

  it('goes with its app, so that a later app of the same name does not inherit it', async () => {
    const { controlPlane, store } = site
    await controlPlane.issueCredential('hmart', 'robot')
    await controlPlane.resources.remove(
      { kind: 'Subscription', organization: 'hmart', name: 'robot-shop' },
      by,
    )
    await controlPlane.resources.remove({ kind: 'App', organization: 'hmart', name: 'robot' }, by)
    expect(await store.find(credentials, 'hmart')).toEqual([])
  })
})

describe('a password', () => {
  it('is kept as Argon2id in the PHC form that the authorization server verifies', async () => {
    const { controlPlane, store } = site
    await controlPlane.setPassword('hmart', 'alice', new Secret('correct horse battery'))
    const { hash } = (await store.get(passwords, 'hmart', 'alice'))?.value ?? { hash: '' }
    const [, salt = '', tag = ''] =
      /^\$argon2id\$v=19\$m=19456,t=2,p=1\$([A-Za-z0-9+/]{22})\$([A-Za-z0-9+/]{43})$/.exec(hash) ?? []
    const again = argon2Sync('argon2id', {
      message: 'correct horse battery',
      nonce: Buffer.from(salt, 'base64'),
      memory: 19_456,
      passes: 2,
      parallelism: 1,
      tagLength: 32,
    })
    expect(again.toString('base64').replace(/=+$/, '')).toBe(tag)
  })

  it('is not too short, not too long, and not for somebody who is not there', async () => {
    const { controlPlane } = site
    const set = (user: string, text: string) => controlPlane.setPassword('hmart', user, new Secret(text))
    expect((await faultOf(set('alice', 'short'))).code).toBe('password.too-short')
    expect((await faultOf(set('alice', 'a'.repeat(1025)))).code).toBe('password.too-long')
    expect((await faultOf(set('alice', 'everybody knows this'))).code).toBe('password.known')
    expect((await faultOf(set('bob', 'correct horse battery'))).code).toBe('credential.unknown-user')
  })
})

describe('a revision', () => {
  it('is signed with the key that is published, as a revision and nothing else', async () => {
    const { jws } = await site.controlPlane.signedRevision('hmart', 'production')
    const [header = '', payload = '', signature = ''] = jws.split('.')
    const jwk = site.controlPlane.revisionKey()
    const key = createPublicKey({ key: { kty: jwk.kty, crv: jwk.crv, x: jwk.x }, format: 'jwk' })
    expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toEqual({
      alg: 'EdDSA',
      typ: 'portcullis-revision',
      kid: jwk.kid,
    })
    expect(verify(null, Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, 'base64url'))).toBe(
      true,
    )
  })

  it('is not found under a number or an environment that is not there', async () => {
    const { controlPlane } = site
    expect((await faultOf(controlPlane.revision('hmart', 'production', 9))).code).toBe(
      'published.unknown-revision',
    )
    expect((await faultOf(controlPlane.revision('hmart', 'gone'))).code).toBe('published.unknown-environment')
    expect((await faultOf(controlPlane.revision('gone', 'production'))).code).toBe(
      'published.unknown-environment',
    )
  })
})

describe('the plan of an operation', () => {
  it('names every step and where it comes from, by a whole path or by the path of the contract', async () => {
    const { controlPlane } = site
    const whole = await controlPlane.plan('hmart', 'production', {
      method: 'GET',
      path: '/warehouse/v1/items?page=2',
    })
    expect(whole).toMatchObject({
      api: 'warehouse',
      version: 'v1',
      operation: 'listItems',
      path: '/warehouse/v1/items',
    })
    expect(whole.steps.map((step) => `${step.policy} from ${step.origin}`)).toEqual([
      'jwt from contract',
      'scope from contract',
      'subscription from contract',
    ])
    expect(await controlPlane.plan('hmart', 'production', { method: 'get', path: '/items' })).toEqual(whole)
  })

  it('shows an attachment in place of the contract’s own step', async () => {
    const { controlPlane } = site
    const policies = '  policies: [{ policy: jwt, config: { clockSkew: 30s } }]\n  hosts:'
    await controlPlane.apply(changed('hmart.yaml', '  hosts:', policies), by)
    const { steps, revision } = await controlPlane.plan('hmart', 'production', {
      method: 'GET',
      path: '/items',
    })
    expect(revision).toBe(2)
    expect(steps[0]).toMatchObject({
      policy: 'jwt',
      origin: 'environment production',
      level: 'environment',
      config: { clockSkew: '30s' },
    })
  })

  it('says when nothing or too much matches', async () => {
    const { controlPlane } = site
    const plan = (method: string, path: string) => controlPlane.plan('hmart', 'production', { method, path })
    for (const [method, path] of [
      ['PUT', '/items'],
      ['GET', '/gone'],
      ['BREW', '/items'],
      ['GET', '/a/../items'],
    ] as const) {
      expect((await faultOf(plan(method, path))).code).toBe('published.unknown-operation')
    }
    const twice = changed(
      'warehouse/api.yaml',
      '    v1:',
      '    v2: { contract: contract/openapi.yaml, state: published, basePath: /warehouse/v2, deployments: { production: { upstream: "https://a.internal" } } }\n    v1:',
    )
    await controlPlane.apply(twice, by)
    expect((await faultOf(plan('GET', '/items'))).detail).toBe(
      'It could be /warehouse/v1/items or /warehouse/v2/items.',
    )
  })
})

describe('a single resource', () => {
  const gold = { kind: 'Plan', organization: 'hmart', name: 'gold' } as const

  it('goes through the same checks as a bundle, and publishes like one', async () => {
    const { controlPlane } = site
    const findings = await findingsOf(
      controlPlane.resources.put({ ...gold, name: 'silver', spec: { title: 'G', product: 'gone' } }, by),
    )
    expect(findings).toEqual([
      expect.objectContaining({ code: 'model.unknown-reference', path: '/spec/product' }),
    ])
    expect(findings[0]).not.toHaveProperty('file')
    const spec = { title: 'Silver', product: 'shop' }
    const { revisions } = await controlPlane.resources.put({ ...gold, name: 'silver', spec }, by)
    expect(revisions).toEqual([{ organization: 'hmart', environment: 'production', number: 2 }])
  })

  it('is not written over by somebody who has not seen it', async () => {
    const { controlPlane } = site
    const { version } = await controlPlane.resources.get(gold)
    const put = (title: string) =>
      controlPlane.resources.put({ ...gold, spec: { title, product: 'shop' } }, { ...by, version })
    const outcomes = await Promise.allSettled([put('A'), put('B')])
    expect(outcomes.map((each) => each.status).toSorted()).toEqual(['fulfilled', 'rejected'])
    expect((await faultOf(put('C'))).code).toBe('store.conflict')
    expect((await controlPlane.resources.get(gold)).version).toBe(version + 1)
  })

  it('keeps the contract of an API whose spec changes, and takes a new one', async () => {
    const { controlPlane } = site
    const name = { kind: 'Api', organization: 'hmart', name: 'warehouse' } as const
    const { spec } = (await controlPlane.resources.get(name)).value
    const { changes } = await controlPlane.resources.put({ ...name, spec: { ...spec, title: 'Stock' } }, by)
    expect(changes[0]?.differences).toEqual([{ path: '/spec/title', before: 'Warehouse', after: 'Stock' }])
    const files = { 'hmart/api/warehouse/v1/openapi.yaml': 'openapi: 3.1.0' }
    const findings = await findingsOf(controlPlane.resources.put({ ...name, spec }, { ...by, files }))
    expect(findings[0]?.file).toBe('hmart/api/warehouse/v1/openapi.yaml')
  })

  it('is not found under a name, a kind or an organization that is not its own', async () => {
    const { controlPlane } = site
    for (const wanted of [
      { ...gold, name: 'tin' },
      { ...gold, kind: 'App' as const },
      { ...gold, organization: 'other' },
    ]) {
      expect((await faultOf(controlPlane.resources.get(wanted))).code).toBe('resource.unknown')
      expect((await faultOf(controlPlane.resources.remove(wanted, by))).code).toBe('resource.unknown')
    }
    const other = { kind: 'Organization', organization: 'other', name: 'hmart' } as const
    expect((await faultOf(controlPlane.resources.get(other))).code).toBe('resource.unknown')
  })

  it('is listed with its organization, and organizations with the installation', async () => {
    const { controlPlane } = site
    expect((await controlPlane.resources.list('hmart')).map((each) => each.kind)).toContain('Organization')
    expect((await controlPlane.resources.list('hmart', 'Plan')).map((each) => each.name)).toEqual(['gold'])
    expect((await controlPlane.resources.list('system', 'Organization')).map((each) => each.name)).toEqual([
      'hmart',
    ])
  })
})

describe('what gateways report', () => {
  it('is explained in words, to its own organization alone', async () => {
    const { controlPlane } = site
    await controlPlane.report([testDecision()])
    const { decision, words } = await controlPlane.explain('hmart', 'dec_1')
    expect(decision.id).toBe('dec_1')
    expect(words.join('\n')).toContain('It was refused: status 404')
    expect((await faultOf(controlPlane.explain('other', 'dec_1'))).code).toBe('decision.unknown')
    expect(await controlPlane.decisions('hmart', { limit: 10 })).toHaveLength(1)
    expect(await controlPlane.decisions('other', { limit: 10 })).toEqual([])
  })

  it('shows which revision is in force where, beside the one that should be', async () => {
    const { controlPlane } = site
    const said = { gateway: 'gw-1', organization: 'hmart', environment: 'production', number: 1 }
    await controlPlane.acknowledge(said)
    await controlPlane.apply(changed('shop.yaml', '[list_items]', '[order_item]'), by)
    expect(await controlPlane.gateways()).toEqual([{ ...said, at: '2026-01-01T00:00:00.000Z', live: 2 }])
    await controlPlane.acknowledge({ ...said, number: 2 })
    expect(await controlPlane.gateways()).toMatchObject([{ number: 2, live: 2 }])
    expect((await faultOf(controlPlane.acknowledge({ ...said, number: 3 }))).code).toBe(
      'published.unknown-revision',
    )
    expect((await faultOf(controlPlane.acknowledge({ ...said, environment: 'gone' }))).code).toBe(
      'published.unknown-environment',
    )
  })
})
