import { credentials, registrations, revocations, SYSTEM } from '@portcullis/model/collection'
import type { AppSpec } from '@portcullis/model/resource/app'
import type { OrganizationSpec } from '@portcullis/model/resource/organization'
import { put } from '@portcullis/ports/store/port'
import { expect, it, onTestFinished } from 'vitest'
import { openServedSite } from '../served-test-kit.ts'
import { faultOf, findingsOf, WAREHOUSE } from '../test-kit.ts'

const by = { actor: 'test' }
const CLAIMS = {
  title: 'Accounting',
  grants: ['client_credentials' as const],
  redirectUris: [],
  allowedScopes: ['list_items'],
  expiresInSeconds: 3600,
}
const app = (changes: Partial<AppSpec> = {}) => ({
  kind: 'App' as const,
  organization: 'hmart',
  name: 'app-one',
  spec: {
    title: 'One',
    grants: ['client_credentials'],
    registered: {
      at: '2026-11-22T12:00:00Z',
      by: 'statement',
      statement: { issuer: 'i', id: '1', allowedScopes: [], redirectUris: ['https://one.example/'] },
    },
    ...changes,
  },
})

async function openOffice(spec: Partial<OrganizationSpec> = {}) {
  const site = await openServedSite()
  onTestFinished(() => site.close())
  const { controlPlane } = site
  await controlPlane.apply(WAREHOUSE, by)
  const organization = { kind: 'Organization', organization: 'hmart', name: 'hmart' } as const
  await controlPlane.resources.put({ ...organization, spec: { title: 'HMart', ...spec } }, by)
  for (const [name, roles] of Object.entries({ boss: ['owner'], asker: ['owner'] })) {
    await controlPlane.resources.put(
      { kind: 'User', organization: 'hmart', name, spec: { title: name, roles } },
      by,
    )
  }
  return { ...site, client: site.clientWith('resources.write approvals.decide') }
}
const params = { organization: 'hmart' }

it('issues a software statement at once where nobody has to approve it', async () => {
  const { client } = await openOffice()
  const { issued } = await client.askStatement({ params, body: { claims: CLAIMS } })
  const [header = '', payload = ''] = issued?.statement.split('.') ?? []
  const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString())
  expect(read(header)).toMatchObject({ alg: 'EdDSA', typ: 'software-statement+jwt' })
  expect(read(payload)).toMatchObject({
    iss: expect.stringMatching(/\/hmart$/),
    client_name: 'Accounting',
    grant_types: ['client_credentials'],
    authorization: { allowed_scopes: ['list_items'] },
    jti: issued?.id,
  })
})

it('issues one that has to be approved only once others have, and then once', async () => {
  const { client } = await openOffice({ statementApprovers: { roles: ['owner'], count: 1 } })
  const asked = await client.askStatement({ params, body: { claims: CLAIMS, for: 'asker' } })
  expect(asked).not.toHaveProperty('issued')
  const id = String(asked.approval)
  const issue = () => client.issueStatement({ params: { ...params, id } })
  const decide = (who: string) =>
    client.decideApproval({ params: { ...params, id }, body: { by: who, verdict: 'approve', reason: '' } })
  expect((await faultOf(issue())).code).toBe('registration.not-approved')
  expect((await faultOf(decide('asker'))).code).toBe('approval.own')
  await decide('boss')
  expect((await issue()).statement).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/)
  expect((await faultOf(issue())).code).toBe('registration.issued')
  const other = { ...params, id: 'apr_none' }
  expect((await faultOf(client.issueStatement({ params: other }))).code).toBe(
    'registration.unknown-statement',
  )
})

it('gives leave to register only for a stage where that is what it takes', async () => {
  const { client } = await openOffice({
    registration: { sandbox: { access: 'token', grants: ['client_credentials'], mostApps: 1 } },
  })
  const body = { stage: 'sandbox', expiresIn: '1h' } as const
  expect((await client.giveLeave({ params, body })).token).toMatch(/^iat_/)
  const refused = client.giveLeave({ params, body: { ...body, stage: 'production' } })
  expect((await faultOf(refused)).code).toBe('registration.off')
})

it('holds people to the software statement of an app, and lets nobody rewrite how it registered', async () => {
  const { controlPlane } = await openOffice()
  await controlPlane.resources.put(app(), by)
  const put = (spec: Partial<AppSpec>) => findingsOf(controlPlane.resources.put(app(spec), by))
  const beyond = [expect.objectContaining({ code: 'model.beyond-registration', severity: 'error' })]
  expect(await put({ redirectUris: ['https://evil.example/'] })).toEqual(beyond)
  expect(await put({ registered: { at: '2026-11-22T12:00:00Z', by: 'statement' } })).toEqual(beyond)
  const { registered: _, ...bare } = app().spec
  expect(await findingsOf(controlPlane.resources.put({ ...app(), spec: bare }, by))).toEqual(beyond)
  const subscription = {
    kind: 'Subscription',
    organization: 'hmart',
    name: 'one',
    spec: { app: 'app-one', product: 'shop', plan: 'gold', scopes: ['list_items'] },
  } as const
  expect(await findingsOf(controlPlane.resources.put(subscription, by))).toEqual(beyond)
})

it('leaves what registered itself alone when a bundle is applied whole, and forgets it when it is removed', async () => {
  const { controlPlane, store } = await openOffice()
  await controlPlane.resources.put(app(), by)
  await store.commit([put(registrations, 'hmart', 'app-one', { hash: 'x' })])
  await controlPlane.apply(WAREHOUSE, { ...by, prune: true })
  const name = { kind: 'App', organization: 'hmart', name: 'app-one' } as const
  expect((await controlPlane.resources.get(name)).value.name).toBe('app-one')
  await controlPlane.resources.remove(name, by)
  expect(await store.get(registrations, 'hmart', 'app-one')).toBeUndefined()
})

it('revokes the tokens of an app that is disabled, and ends its API keys', async () => {
  const { controlPlane, store } = await openOffice()
  const { credential } = await controlPlane.issueCredential('hmart', 'robot', { kind: 'api-key' })
  const { value } = await controlPlane.resources.get({ kind: 'App', organization: 'hmart', name: 'robot' })
  await controlPlane.resources.put({ ...value, spec: { ...value.spec, disabled: true } }, by)
  expect((await store.find(revocations, SYSTEM)).map((each) => each.value)).toMatchObject([
    { what: 'client', value: 'robot' },
  ])
  const [key] = await controlPlane.listCredentials('hmart', 'robot')
  expect(key).toMatchObject({ id: credential.id, usable: false })
  expect(await store.find(credentials, 'hmart')).toEqual([])
})
