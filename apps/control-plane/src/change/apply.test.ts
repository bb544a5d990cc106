import { idOf, resources, revisionHeads, revisions } from '@portcullis/model/collection'
import { changeRecords } from '@portcullis/oauth/audit/change-record'
import { isCutOff } from '@portcullis/oauth/revocation/cut-off'
import { put, storeFaults } from '@portcullis/ports/store/port'
import { afterEach, describe, expect, it } from 'vitest'
import {
  changed,
  faultOf,
  findingsOf,
  openTestSite,
  plus,
  resource,
  type TestSite,
  WAREHOUSE,
} from '../test-kit.ts'

const sites: TestSite[] = []

async function open(shared: Parameters<typeof openTestSite>[0] = {}): Promise<TestSite> {
  const site = await openTestSite(shared)
  sites.push(site)
  return site
}

afterEach(async () => {
  await Promise.all(sites.splice(0).map((site) => site.controlPlane.close()))
})

const by = { actor: 'test' }

describe('an apply', () => {
  it('publishes what it changes, and is quiet where nothing changes', async () => {
    const { controlPlane } = await open()
    const first = await controlPlane.apply(WAREHOUSE, by)
    expect(first.warnings).toEqual([])
    expect(first.changes.map((each) => each.action)).toEqual(Array.from({ length: 8 }, () => 'create'))
    expect(first.revisions).toEqual([{ organization: 'hmart', environment: 'production', number: 1 }])
    expect(await controlPlane.apply(WAREHOUSE, by)).toEqual({ changes: [], revisions: [], warnings: [] })
  })

  it('makes no revision for a change that no gateway enforces', async () => {
    const { controlPlane } = await open()
    await controlPlane.apply(WAREHOUSE, by)
    const { changes, revisions } = await controlPlane.apply(
      changed('shop.yaml', 'title: Alice', 'title: Alice B.'),
      by,
    )
    expect(changes).toEqual([
      {
        action: 'update',
        kind: 'User',
        organization: 'hmart',
        name: 'alice',
        differences: [{ path: '/spec/title', before: 'Alice', after: 'Alice B.' }],
      },
    ])
    expect(revisions).toEqual([])
  })

  it('counts on for what is enforced, and keeps every revision as it was', async () => {
    const { controlPlane } = await open()
    await controlPlane.apply(WAREHOUSE, by)
    const first = await controlPlane.revision('hmart', 'production', 1)
    const { revisions } = await controlPlane.apply(
      changed('shop.yaml', '[list_items]', '[list_items, order_item]'),
      by,
    )
    expect(revisions).toEqual([{ organization: 'hmart', environment: 'production', number: 2 }])
    expect(await controlPlane.revision('hmart', 'production', 1)).toEqual(first)
    expect((await controlPlane.revision('hmart', 'production')).revision.number).toBe(2)
  })

  it('tells which contract file changed', async () => {
    const { controlPlane } = await open()
    await controlPlane.apply(WAREHOUSE, by)
    const { changes } = await controlPlane.diff(
      changed('warehouse/contract/schema/answer.yaml', 'items', 'goods'),
    )
    expect(changes[0]?.differences).toMatchObject([
      { path: '/spec/versions/v1/contract/schema~1answer.yaml' },
    ])
  })

  it('checks a draft and serves it nowhere', async () => {
    const { controlPlane } = await open()
    const { warnings } = await controlPlane.apply(changed('warehouse/api.yaml', 'published', 'draft'), by)
    expect(warnings.map((each) => each.code)).toEqual(['warning.draft'])
    expect((await controlPlane.revision('hmart', 'production')).revision).toMatchObject({
      apis: [],
      plans: [],
      subscriptions: [],
    })
  })

  it('says what is dangerous and does it all the same', async () => {
    const { controlPlane } = await open()
    const bundle = {
      ...WAREHOUSE,
      'hmart.yaml': (WAREHOUSE['hmart.yaml'] ?? '').replace(
        '[api.hmart.example]',
        "['*']\n  policies: [{ policy: scope, mode: observe }, { policy: jwt, config: { forwardToken: true } }]",
      ),
      'warehouse/api.yaml': (WAREHOUSE['warehouse/api.yaml'] ?? '').replace(
        'https://warehouse',
        'http://warehouse',
      ),
    }
    const { warnings, revisions } = await controlPlane.apply(bundle, by)
    expect(warnings.map((each) => `${each.code} ${each.path}`).toSorted()).toEqual([
      'warning.any-host /spec/hosts/0',
      'warning.not-enforced /spec/policies/0/mode',
      'warning.plain-http /spec/versions/v1/deployments/production/upstream',
      'warning.weakens /spec/policies/1/config/forwardToken',
    ])
    expect(warnings.every((each) => each.severity === 'warning')).toBe(true)
    expect(revisions).toHaveLength(1)
  })

  it('warns of every target without encryption, and of settings that do nothing for a single one', async () => {
    const { controlPlane } = await open()
    const codesOf = async (upstream: string) => {
      const bundle = changed('warehouse/api.yaml', 'https://warehouse.internal', upstream)
      const warnings = await controlPlane.validate(bundle)
      return warnings.map((each) => `${each.code} ${each.path?.split('/upstream')[1]}`)
    }
    expect(
      await codesOf('{ targets: [{ url: "https://a.internal" }, { url: "http://b.internal" }] }'),
    ).toEqual(['warning.plain-http /targets/1/url'])
    const one = 'targets: [{ url: "https://a.internal" }]'
    expect(await codesOf(`{ ${one}, slowStart: 1m, health: { active: { path: /health } } }`)).toEqual([
      'warning.single-target /health/active',
      'warning.single-target /slowStart',
    ])
    expect(await codesOf(`{ ${one}, circuitBreaker: {} }`)).toEqual([])
  })

  it('takes loopback backends and loopback redirects without a word', async () => {
    const { controlPlane } = await open()
    const local = changed('warehouse/api.yaml', 'https://warehouse.internal', 'http://127.0.0.1:9')
    const bundle = changed(
      'shop.yaml',
      '[client_credentials]',
      '[authorization_code], redirectUris: ["http://127.0.0.1/cb", "http://[::1]:1/cb", "com.example.app:/cb"]',
      local,
    )
    expect((await controlPlane.apply(bundle, by)).warnings).toEqual([])
  })

  it('leaves out nothing of two that race', async () => {
    const { controlPlane, store } = await open()
    await controlPlane.apply(WAREHOUSE, by)
    const users = Array.from({ length: 12 }, (_, i) => resource('User', `user${i}`, '{ title: U }'))
    await Promise.all(users.map((text, i) => controlPlane.apply({ [`u${i}.yaml`]: text }, by)))
    expect(await controlPlane.resources.list('hmart', 'User')).toHaveLength(13)
    expect(await store.find(changeRecords, 'system')).toHaveLength(13)
  })

  it('publishes conditions as they were written and as Cedar understands them', async () => {
    const { controlPlane } = await open()
    const policies = `policies: [{ policy: cors, when: 'context.method == "GET"', config: { origins: ['*'] } }]`
    await controlPlane.apply(changed('hmart.yaml', '  hosts:', `  ${policies}\n  hosts:`), by)
    const { revision } = await controlPlane.revision('hmart', 'production')
    expect(revision.policies[0]?.when).toEqual({
      text: 'context.method == "GET"',
      expression: {
        '==': { left: { '.': { left: { Var: 'context' }, attr: 'method' } }, right: { Value: 'GET' } },
      },
    })
    const { steps } = await controlPlane.plan('hmart', 'production', { method: 'GET', path: '/items' })
    expect(steps.find((each) => each.policy === 'cors')?.reach).toEqual({ when: 'context.method == "GET"' })
  })

  it('leaves out nothing of two processes that race over one store', async () => {
    const one = await open()
    await one.controlPlane.apply(WAREHOUSE, by)
    const other = await open({ store: one.store, secrets: one.secrets, clock: one.clock })
    const scopes = ['[order_item]', '[list_items, order_item]']
    const policies = resource('Plan', 'gold', '{ title: Best, product: shop }')
    await Promise.all([
      one.controlPlane.apply(changed('shop.yaml', '[list_items]', scopes[0] ?? ''), by),
      other.controlPlane.apply({ 'a.yaml': policies }, by),
      one.controlPlane.apply(
        { 'b.yaml': resource('Plan', 'silver', '{ title: Silver, product: shop }') },
        by,
      ),
      other.controlPlane.apply(
        { 'c.yaml': resource('Plan', 'bronze', '{ title: Bronze, product: shop }') },
        by,
      ),
    ])
    const { revision } = await other.controlPlane.revision('hmart', 'production')
    expect(revision.plans.map((each) => each.plan)).toEqual(['bronze', 'gold', 'silver'])
    const numbers = (await one.store.find(revisions, 'hmart')).map((each) => each.value.number)
    expect(numbers).toEqual(Array.from({ length: revision.number }, (_, i) => i + 1))
  })

  it('checks again what another process made of the state in between', async () => {
    const one = await open()
    const robot2 = resource('App', 'robot2', '{ title: R, grants: [client_credentials] }')
    await one.controlPlane.apply(plus('a.yaml', robot2), by)
    const other = await open({ store: one.store, secrets: one.secrets, clock: one.clock })
    const subscribe = resource(
      'Subscription',
      'late',
      '{ app: robot2, product: shop, plan: gold, scopes: [] }',
    )
    const commit = one.store.commit.bind(one.store)
    let interrupted = false
    one.store.commit = async (changes) => {
      if (!interrupted) {
        interrupted = true
        await other.controlPlane.apply({ 's.yaml': subscribe }, by)
      }
      await commit(changes)
    }
    const removing = one.controlPlane.resources.remove(
      { kind: 'App', organization: 'hmart', name: 'robot2' },
      by,
    )
    expect((await findingsOf(removing))[0]?.code).toBe('model.in-use')
    expect(await one.controlPlane.resources.list('hmart', 'App')).toHaveLength(2)
  })

  it('records who changed what', async () => {
    const { controlPlane, store, log } = await open()
    await controlPlane.apply(WAREHOUSE, { actor: 'command-line for alice' })
    const [record] = await store.find(changeRecords, 'system')
    expect(record?.value).toMatchObject({ actor: 'command-line for alice', action: 'apply' })
    expect(record?.value.targets).toContain('publish hmart/production#1')
    expect(log.lines).toContainEqual(expect.objectContaining({ message: 'changed' }))
  })

  it('tells listeners once it is in force, and not when the commit fails', async () => {
    const { controlPlane, store } = await open()
    const told: unknown[] = []
    controlPlane.onRevision(() => {
      throw new Error('a listener that fails')
    })
    const stop = controlPlane.onRevision((notice) => told.push(notice))
    const commit = store.commit.bind(store)
    store.commit = () => Promise.reject(storeFaults.unavailable())
    expect((await faultOf(controlPlane.apply(WAREHOUSE, by))).code).toBe('store.unavailable')
    expect(told).toEqual([])
    store.commit = commit
    await controlPlane.apply(WAREHOUSE, by)
    expect(told).toEqual([{ organization: 'hmart', environment: 'production', number: 1 }])
    stop()
    await controlPlane.apply(changed('shop.yaml', '[list_items]', '[order_item]'), by)
    expect(told).toHaveLength(1)
  })

  it('gives up, having changed nothing, when others always come first', async () => {
    const { controlPlane, store } = await open()
    let attempts = 0
    store.commit = () => {
      attempts++
      return Promise.reject(storeFaults.conflict())
    }
    expect((await faultOf(controlPlane.apply(WAREHOUSE, by))).code).toBe('store.conflict')
    expect(attempts).toBeGreaterThan(1)
    expect(attempts).toBeLessThan(20)
    expect(await store.find(resources, 'hmart')).toEqual([])
  })
})

describe('removing', () => {
  it('prunes what the bundle leaves out of the organizations that it declares, and of no other', async () => {
    const { controlPlane } = await open()
    await controlPlane.apply(WAREHOUSE, by)
    await controlPlane.apply(
      {
        'o.yaml':
          'kind: Organization\norganization: other\nname: other\nspec: { title: O }\n---\nkind: User\norganization: other\nname: bob\nspec: { title: B }',
      },
      by,
    )
    const { 'shop.yaml': _, ...rest } = WAREHOUSE
    expect((await controlPlane.apply(rest, by)).changes).toEqual([])
    const { changes } = await controlPlane.apply(rest, { ...by, prune: true })
    expect(changes.map((each) => `${each.action} ${each.kind}/${each.name}`)).toEqual([
      'delete Product/shop',
      'delete Plan/gold',
      'delete App/robot',
      'delete Subscription/robot-shop',
      'delete User/alice',
    ])
    expect(await controlPlane.resources.list('other', 'User')).toHaveLength(1)
  })

  it('refuses to remove what something else refers to', async () => {
    const { controlPlane } = await open()
    await controlPlane.apply(WAREHOUSE, by)
    for (const [kind, name] of [
      ['Plan', 'gold'],
      ['App', 'robot'],
      ['Environment', 'production'],
      ['Api', 'warehouse'],
      ['Organization', 'hmart'],
    ] as const) {
      const findings = await findingsOf(
        controlPlane.resources.remove({ kind, organization: 'hmart', name }, by),
      )
      expect(findings[0]?.code).toBe('model.in-use')
      expect(findings[0]?.message).toContain('hmart/')
    }
    expect(await controlPlane.diff(WAREHOUSE)).toEqual({ changes: [], warnings: [] })
  })

  it('takes an environment away from gateways, and counts on when it comes back', async () => {
    const { controlPlane, store } = await open()
    const sandbox = resource(
      'Environment',
      'sandbox',
      '{ title: S, url: "https://s.example", hosts: [s.example] }',
    )
    await controlPlane.apply(plus('s.yaml', sandbox), by)
    await controlPlane.resources.remove({ kind: 'Environment', organization: 'hmart', name: 'sandbox' }, by)
    expect(await store.get(revisionHeads, 'hmart', 'sandbox')).toBeUndefined()
    expect((await controlPlane.environments()).map((each) => each.environment)).toEqual(['production'])
    const { revisions: published } = await controlPlane.apply({ 's.yaml': sandbox }, by)
    // The others learn of it, too: they refuse its tokens by name.
    expect(published).toEqual([
      { organization: 'hmart', environment: 'production', number: 3 },
      { organization: 'hmart', environment: 'sandbox', number: 2 },
    ])
  })
})

describe('a start', () => {
  it('publishes anew what an earlier version wrote in a form that nobody reads any more', async () => {
    const { controlPlane, store, secrets, clock } = await open()
    await controlPlane.apply(WAREHOUSE, by)
    const { signed, revision } = await controlPlane.revision('hmart', 'production')
    const apis = revision.apis.map((each) => ({ ...each, upstream: 'https://warehouse.internal' }))
    const payload = Buffer.from(JSON.stringify({ ...revision, apis })).toString('base64url')
    const old = { ...signed, jws: signed.jws.replace(/\.[^.]*\./, `.${payload}.`) }
    await store.commit([put(revisions, 'hmart', idOf.revision('production', 1), old)])
    const later = await open({ store, secrets, clock })
    const published = await later.controlPlane.revision('hmart', 'production')
    expect(published.revision).toMatchObject({ number: 2, apis: revision.apis })
    const again = await open({ store, secrets, clock })
    expect((await again.controlPlane.revision('hmart', 'production')).revision.number).toBe(2)
  })

  it('publishes anew when the authorization server has moved', async () => {
    const one = await open()
    await one.controlPlane.apply(WAREHOUSE, by)
    const { store, secrets, clock } = one
    const moved = await open({ store, secrets, clock, authserverUrl: 'https://login.example/' })
    const { revision } = await moved.controlPlane.revision('hmart', 'production')
    expect(revision).toMatchObject({
      number: 2,
      issuer: { url: 'https://login.example/hmart', jwksUri: 'https://login.example/hmart/jwks' },
    })
    expect(moved.controlPlane.revisionKey()).toEqual(one.controlPlane.revisionKey())
    const again = await open({ store, secrets, clock, authserverUrl: 'https://login.example' })
    expect((await again.controlPlane.revision('hmart', 'production')).revision.number).toBe(2)
  })

  it('that removes an app or user revokes what they were given, so that another of the name finds none of it', async () => {
    const { controlPlane, store, clock } = await open()
    await controlPlane.apply(WAREHOUSE, by)
    await controlPlane.resources.remove({ kind: 'User', organization: 'hmart', name: 'alice' }, by)
    const issuer = 'https://auth.example/hmart'
    expect(await isCutOff(store, { issuer, subject: 'alice', issuedAt: clock.now() })).toBe(true)
    expect(await isCutOff(store, { issuer, client: 'robot', issuedAt: clock.now() })).toBe(false)
    expect((await controlPlane.revocations.list(0)).revocations).toMatchObject([
      { issuer, what: 'subject', value: 'alice' },
    ])
  })
})
