import { fingerprintOf, Secret } from '@portcullis/kernel/secret'
import { provisioningTokens, resources } from '@portcullis/model/collection'
import { put } from '@portcullis/ports/store/port'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { TestBrowser } from '../test-browser.ts'
import { PASSWORD } from '../test-kit.ts'
import { openShop, type Shop } from '../test-shop.ts'

const TOKEN = 'a'.repeat(43)
let shop: Shop

beforeEach(async () => {
  shop = await openShop()
  const id = fingerprintOf(new Secret(TOKEN))
  const value = { id: 'one', hash: id, issuedAt: '2026-01-01T00:00:00Z' }
  await shop.world.store.commit([put(provisioningTokens, 'hmart', id, value)])
})
afterEach(() => shop.world.close())

interface ScimAnswer {
  readonly status: number
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: whatever the service answers is looked into
  readonly body: any
}

async function scim(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<ScimAnswer> {
  const answer = await fetch(`${shop.world.issuer()}/scim/v2${path}`, {
    method,
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/scim+json', ...headers },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await answer.text()
  return { status: answer.status, headers: answer.headers, body: text === '' ? undefined : JSON.parse(text) }
}

const USER = 'urn:ietf:params:scim:schemas:core:2.0:User'
const bjensen = {
  schemas: [USER],
  userName: 'bjensen@hmart.example',
  externalId: '701984',
  name: { givenName: 'Barbara', familyName: 'Jensen' },
  emails: [
    { value: 'babs@home.example', type: 'home' },
    { value: 'bjensen@hmart.example', type: 'work', primary: true },
  ],
  roles: [{ value: 'clerk' }],
  active: true,
  'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User': { department: 'Sales' },
}
const patch = (...Operations: object[]) => ({
  schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
  Operations,
})
const specOf = async (user: string) => {
  const found = await shop.world.store.get(resources, 'hmart', `User/${user}`)
  return found?.value.kind === 'User' ? found.value.spec : undefined
}

describe('SCIM users (RFC 7644)', () => {
  it('are users like others: with a name, an address and roles', async () => {
    const made = await scim('POST', '/Users', bjensen)
    expect(made.status).toBe(201)
    expect(made.headers.get('content-type')).toContain('application/scim+json')
    expect(made.headers.get('location')).toBe(`${shop.world.issuer()}/scim/v2/Users/bjensen`)
    expect(made.body).toMatchObject({
      id: 'bjensen',
      userName: 'bjensen@hmart.example',
      displayName: 'Barbara Jensen',
      emails: [{ value: 'bjensen@hmart.example' }],
      active: true,
      meta: { resourceType: 'User', version: 'W/"1"' },
    })
    expect(await specOf('bjensen')).toEqual({
      title: 'Barbara Jensen',
      email: 'bjensen@hmart.example',
      disabled: false,
      roles: ['clerk'],
    })
    expect((await scim('GET', '/Users/bjensen')).body).toEqual(made.body)
  })

  it('have a user name of their own, whatever its case, and never the name of a declared user or an app (RFC 9700 §4.15)', async () => {
    await scim('POST', '/Users', bjensen)
    const again = await scim('POST', '/Users', { ...bjensen, userName: 'BJensen@HMart.example' })
    expect([again.status, again.body.scimType]).toEqual([409, 'uniqueness'])
    const shopper = await scim('POST', '/Users', { userName: 'shop@hmart.example' })
    expect(shopper.body.id).toMatch(/^scim-/)
    const ada = await scim('POST', '/Users', { userName: 'ada' })
    expect(ada.body.id).toMatch(/^scim-[0-9a-f]{32}$/)
    expect((await specOf('ada'))?.title).toBe('ada')
    expect((await scim('GET', '/Users/ada')).status).toBe(404)
    expect((await scim('DELETE', '/Users/ada')).status).toBe(404)
  })

  it('who are deactivated are signed out at once, and their tokens end at gateways too', async () => {
    await scim('POST', '/Users', { userName: 'babs' })
    await shop.world.password('babs')
    const browser = new TestBrowser()
    const signIn = async () =>
      browser.submit(await browser.open(shop.request()), {
        user: 'babs',
        password: PASSWORD,
        decision: 'sign-in',
      })
    const consent = await signIn()
    const { away } = await browser.submit(consent, { decision: 'allow' })
    const { body } = await shop.redeem(away?.searchParams.get('code') ?? '')
    shop.world.clock.advance(2000)
    const off = await scim('PATCH', '/Users/babs', patch({ op: 'Replace', path: 'active', value: 'False' }))
    expect([off.status, off.body.active]).toEqual([200, false])
    expect((await shop.refresh(body.refresh_token)).status).toBe(400)
    expect((await signIn()).html).not.toContain('Allow')
    const { readAfter } = await import('@portcullis/oauth/revocation/position-log')
    const { revocations, revocationHeads } = await import('@portcullis/model/collection')
    const { entries } = await readAfter(
      shop.world.store,
      { entries: revocations, heads: revocationHeads },
      0,
      10,
    )
    expect(entries).toMatchObject([{ what: 'subject', value: 'babs' }])
    const on = await scim('PATCH', '/Users/babs', patch({ op: 'replace', value: { active: true } }))
    expect(on.body.active).toBe(true)
  })

  it('who are removed leave nothing behind for another of the same name', async () => {
    await scim('POST', '/Users', { userName: 'babs' })
    await shop.world.password('babs')
    expect((await scim('DELETE', '/Users/babs')).status).toBe(204)
    expect((await scim('GET', '/Users/babs')).status).toBe(404)
    expect((await scim('POST', '/Users', { userName: 'babs' })).status).toBe(201)
    expect(
      await shop.world.store.get({ name: 'password', index: () => ({}) }, 'hmart', 'babs'),
    ).toBeUndefined()
  })

  it.each<[object, (body: ScimAnswer['body']) => unknown, unknown]>([
    [{ op: 'replace', path: 'name.givenName', value: 'Babs' }, (body) => body.name.givenName, 'Babs'],
    [{ op: 'replace', value: { 'name.givenName': 'Babs' } }, (body) => body.name.givenName, 'Babs'],
    [{ op: 'add', path: 'roles', value: [{ value: 'boss' }] }, (body) => body.roles.length, 2],
    [{ op: 'remove', path: 'roles[value eq "clerk"]' }, (body) => body.roles, undefined],
    [
      { op: 'replace', path: 'emails[type eq "work"].value', value: 'b@x.example' },
      (body) => body.emails[0].value,
      'b@x.example',
    ],
    [{ op: 'remove', path: 'externalId' }, (body) => body.externalId, undefined],
    [{ op: 'replace', path: `${USER}:userName`, value: 'babs' }, (body) => body.userName, 'babs'],
    [{ op: 'replace', path: 'displayName', value: 'Babs J.' }, (body) => body.displayName, 'Babs J.'],
  ])('are changed by %j', async (operation, told, expected) => {
    await scim('POST', '/Users', bjensen)
    const changed = await scim('PATCH', '/Users/bjensen', patch(operation))
    expect([changed.status, told(changed.body)]).toEqual([200, expected])
    expect(changed.body.id).toBe('bjensen')
  })

  it.each<[unknown, string]>([
    [patch({ op: 'move', path: 'active' }), 'invalidSyntax'],
    [patch({ op: 'remove' }), 'noTarget'],
    [patch({ op: 'replace', path: 'emails[type eq "fax"].value', value: 'x' }), 'noTarget'],
    [patch({ op: 'replace', path: 'emails[type eq', value: 'x' }), 'invalidFilter'],
    [patch({ op: 'replace', path: 'userName', value: '' }), 'invalidValue'],
    [patch({ op: 'replace', path: 'id', value: 'other' }), 'mutability'],
    [patch({ op: 'replace', value: 'x' }), 'invalidValue'],
    [patch({ op: 'add', path: '__proto__.admin', value: true }), 'invalidFilter'],
    ['{', 'invalidSyntax'],
  ])('are not changed by %j', async (body, scimType) => {
    await scim('POST', '/Users', bjensen)
    const refused = await scim('PATCH', '/Users/bjensen', body)
    expect([refused.status, refused.body.scimType]).toEqual([400, scimType])
    expect((await scim('GET', '/Users/bjensen')).body.meta.version).toBe('W/"1"')
  })

  it('are changed only as they were read (ETag)', async () => {
    const { headers } = await scim('POST', '/Users', bjensen)
    const etag = String(headers.get('etag'))
    expect((await scim('GET', '/Users/bjensen', undefined, { 'if-none-match': etag })).status).toBe(304)
    expect((await scim('PUT', '/Users/bjensen', bjensen, { 'if-match': etag })).status).toBe(200)
    expect((await scim('PUT', '/Users/bjensen', bjensen, { 'if-match': etag })).status).toBe(412)
    expect((await scim('DELETE', '/Users/bjensen', undefined, { 'if-match': etag })).status).toBe(412)
  })

  it('are replaced by PUT: what is left out is gone', async () => {
    await scim('POST', '/Users', bjensen)
    const { body } = await scim('PUT', '/Users/bjensen', { userName: 'bjensen@hmart.example' })
    expect(body).not.toHaveProperty('emails')
    expect(body).not.toHaveProperty('externalId')
  })

  it('are listed by pages and filters', async () => {
    for (const userName of ['one', 'two', 'three'])
      await scim('POST', '/Users', { userName, externalId: `e-${userName}` })
    const page = await scim('GET', '/Users?startIndex=2&count=1')
    expect(page.body).toMatchObject({ totalResults: 3, startIndex: 2, itemsPerPage: 1 })
    const named = async (filter: string) => {
      const { body } = await scim('GET', `/Users?filter=${encodeURIComponent(filter)}`)
      return body.Resources?.map(({ userName }: { userName: string }) => userName) ?? body.scimType
    }
    expect(await named('userName eq "TWO"')).toEqual(['two'])
    expect(await named('externalId sw "e-t" and not (userName co "w")')).toEqual(['three'])
    expect(await named('userName eq "one" or (active eq true and userName ew "o")')).toEqual(['one', 'two'])
    expect(await named('emails pr')).toEqual([])
    expect(await named('userName eq')).toBe('invalidFilter')
    expect((await scim('GET', '/Users?count=0')).body).toMatchObject({ totalResults: 3, itemsPerPage: 0 })
    expect((await scim('GET', '/Users?count=many')).status).toBe(400)
  })
})

describe('SCIM groups', () => {
  it('are where rules of tokens find them: with their members', async () => {
    await scim('POST', '/Users', { userName: 'one' })
    await scim('POST', '/Users', { userName: 'two' })
    const made = await scim('POST', '/Groups', { displayName: 'Warehouse', members: [{ value: 'one' }] })
    expect(made.status).toBe(201)
    expect((await specOf('one'))?.groups).toEqual(['Warehouse'])
    const path = `/Groups/${made.body.id}`
    await scim('PATCH', path, patch({ op: 'add', path: 'members', value: [{ value: 'two' }] }))
    await scim('PATCH', path, patch({ op: 'remove', path: 'members[value eq "one"]' }))
    expect([(await specOf('one'))?.groups, (await specOf('two'))?.groups]).toEqual([undefined, ['Warehouse']])
    await scim('PATCH', path, patch({ op: 'replace', path: 'displayName', value: 'Stock' }))
    expect((await specOf('two'))?.groups).toEqual(['Stock'])
    expect((await scim('GET', '/Users/two')).body.groups).toEqual([{ display: 'Stock' }])
    expect((await scim('GET', '/Groups?filter=displayName%20eq%20%22stock%22')).body.totalResults).toBe(1)
    await scim('DELETE', '/Users/two')
    expect((await scim('GET', path)).body.members).toEqual([])
    expect((await scim('DELETE', path)).status).toBe(204)
  })

  it('take no member that is not there, and no name twice', async () => {
    const stranger = await scim('POST', '/Groups', { displayName: 'A', members: [{ value: 'ada' }] })
    expect([stranger.status, stranger.body.scimType]).toEqual([400, 'invalidValue'])
    await scim('POST', '/Groups', { displayName: 'A' })
    expect((await scim('POST', '/Groups', { displayName: 'a' })).status).toBe(409)
  })
})

describe('the service', () => {
  it('says what it can do', async () => {
    const { body } = await scim('GET', '/ServiceProviderConfig')
    expect(body).toMatchObject({
      patch: { supported: true },
      bulk: { supported: false },
      etag: { supported: true },
    })
    expect((await scim('GET', '/ResourceTypes')).body.Resources.map(({ id }: { id: string }) => id)).toEqual([
      'User',
      'Group',
    ])
    expect((await scim('GET', `/Schemas/${USER}`)).body.name).toBe('User')
    expect((await scim('POST', '/Bulk', {})).status).toBe(404)
    expect((await scim('PUT', '/Users', {})).status).toBe(405)
  })

  it('is there for a token of this organization alone', async () => {
    await shop.world.organization('acme')
    for (const authorization of ['', 'Bearer wrong', `Basic ${TOKEN}`]) {
      const refused = await scim('GET', '/Users', undefined, { authorization })
      expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="scim"'])
    }
    const other = await fetch(`${shop.world.issuer('acme')}/scim/v2/Users`, {
      headers: { authorization: `Bearer ${TOKEN}` },
    })
    expect(other.status).toBe(401)
    await other.text()
  })

  it('takes no more than it can carry', async () => {
    expect((await scim('POST', '/Users', { userName: 'x'.repeat(70_000) })).status).toBe(413)
    expect((await scim('GET', `/Users?filter=${'('.repeat(1000)}`)).status).toBe(400)
    expect((await scim('GET', `/Users?filter=${encodeURIComponent('not ('.repeat(30))}`)).status).toBe(400)
  })
})
