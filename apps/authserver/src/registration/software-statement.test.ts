import { idOf, resources } from '@portcullis/model/collection'
import { type SoftwareClaims, softwareClaims } from '@portcullis/model/registration/software-statement'
import type { AppSpec } from '@portcullis/model/resource/app'
import { issueStatement } from '@portcullis/oauth/registration/issue-statement'
import { decodeJwt, exportJWK, generateKeyPair, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openWorld, requestToken, WAREHOUSE, type World } from '../test-kit.ts'
import { send } from './test-register.ts'

const TRUSTED = 'https://directory.bank.example'
const OWN = ['https://one.example/cb', 'https://two.example/cb']
const trusted = await generateKeyPair('ES256')
const stranger = await generateKeyPair('ES256')
let world: World

beforeAll(async () => {
  world = await openWorld()
  const jwks = { keys: [await exportJWK(trusted.publicKey)] } as never
  const grants = ['authorization_code', 'client_credentials'] as const
  const rule = { access: 'statement' as const, grants: [...grants], mostApps: 50 }
  const spec = { registration: { production: rule }, statementIssuers: [{ issuer: TRUSTED, jwks }] }
  await world.organization('hmart', spec)
  await world.organization('other', spec)
})
afterAll(() => world.close())

const ours = async (claims: Partial<SoftwareClaims> = {}, organization = 'hmart') => {
  const wanted = softwareClaims.parse({ title: 'Accounting', allowedScopes: ['list_items'], ...claims })
  return (await issueStatement(world, organization, world.issuer(organization), wanted)).statement
}
const theirs = (claims: Readonly<Record<string, unknown>>, key = trusted.privateKey) => {
  const now = Math.floor(world.clock.now() / 1000)
  return new SignJWT({ iss: TRUSTED, jti: crypto.randomUUID(), iat: now, exp: now + 600, ...claims })
    .setProtectedHeader({ alg: 'ES256' })
    .sign(key)
}
const register = (statement: unknown, metadata = {}, organization = 'hmart') =>
  send(
    world,
    'POST',
    '/register',
    { software_statement: statement, grant_types: ['client_credentials'], ...metadata },
    undefined,
    organization,
  )
const specOf = async (name: unknown): Promise<AppSpec | undefined> => {
  const found = await world.store.get(resources, 'hmart', idOf.resource('App', String(name)))
  return found?.value.kind === 'App' ? found.value.spec : undefined
}

describe('a software statement (RFC 7591 §2.3)', () => {
  it('of ours counts instead of what the request says of itself, and is noted as the ceiling', async () => {
    const statement = await ours({ redirectUris: OWN, grants: ['authorization_code'] })
    const { status, body } = await register(statement, {
      client_name: 'Bank',
      redirect_uris: ['https://evil.example/'],
    })
    expect({ status, body }).toMatchObject({
      status: 201,
      body: { client_name: 'Accounting', redirect_uris: OWN, grant_types: ['authorization_code'] },
    })
    expect((await specOf(body.client_id))?.registered).toMatchObject({
      by: 'statement',
      statement: {
        issuer: world.issuer(),
        id: decodeJwt(statement).jti,
        allowedScopes: ['list_items'],
        redirectUris: OWN,
      },
    })
  })

  it('of a trusted issuer is taken', async () => {
    const { status, body } = await register(await theirs({ authorization: { allowed_scopes: ['pay'] } }))
    expect(status).toBe(201)
    expect((await specOf(body.client_id))?.registered?.statement).toMatchObject({
      issuer: TRUSTED,
      allowedScopes: ['pay'],
    })
  })

  it.each<[string, string, () => Promise<unknown>]>([
    ['there is none', 'invalid_software_statement', async () => undefined],
    ['it is no JWT', 'invalid_software_statement', async () => 'statement'],
    [
      'nobody has signed it',
      'invalid_software_statement',
      async () => {
        const [, payload] = (await ours()).split('.')
        return `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`
      },
    ],
    [
      'it was altered',
      'invalid_software_statement',
      async () => {
        const [header, , signature] = (await ours()).split('.')
        const more = { ...decodeJwt(await ours()), authorization: { allowed_scopes: ['admin'] } }
        return `${header}.${Buffer.from(JSON.stringify(more)).toString('base64url')}.${signature}`
      },
    ],
    ['somebody else has signed it', 'invalid_software_statement', () => theirs({}, stranger.privateKey)],
    [
      'its issuer is not trusted',
      'unapproved_software_statement',
      () => theirs({ iss: 'https://evil.example' }),
    ],
    ['it is of another organization', 'unapproved_software_statement', () => ours({}, 'other')],
    [
      'it is for another authorization server',
      'invalid_software_statement',
      () => theirs({ aud: 'https://else.example' }),
    ],
    ['it has expired', 'invalid_software_statement', () => theirs({ exp: 1 })],
    ['it never expires', 'invalid_software_statement', () => theirs({ exp: undefined })],
    ['it has no id', 'invalid_software_statement', () => theirs({ jti: undefined })],
    ['it is too long', 'invalid_software_statement', () => theirs({ note: 'x'.repeat(17_000) })],
    [
      'its scopes are no list',
      'invalid_software_statement',
      () => theirs({ authorization: { allowed_scopes: 'all' } }),
    ],
  ])('is refused where %s', async (_, error, statement) => {
    const { status, body } = await register(await statement())
    expect({ status, error: body.error }).toEqual({ status: 400, error })
  })

  it('of ours is refused where it is another token of ours', async () => {
    await world.app('robot', {})
    const secret = await world.credential('robot')
    await world.publish({ robot: [['warehouse', ['list_items']]] })
    const form = { grant_type: 'client_credentials', resource: WAREHOUSE }
    const { body } = await requestToken(world, { id: 'robot', secret }, form)
    expect((await register(body.access_token)).body.error).toMatch(/software_statement$/)
  })

  it('is good once, also for several that come at once', async () => {
    const statement = await theirs({})
    const answers = await Promise.all([1, 2, 3].map(() => register(statement)))
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 400, 400])
    expect((await register(statement)).body).toMatchObject({ error_description: 'it was used already' })
  })
})

describe('what a software statement allows', () => {
  it('is the ceiling for later changes by the app', async () => {
    const made = await register(await ours({ redirectUris: OWN, grants: ['authorization_code'] }))
    const update = (metadata: object, token: unknown) => {
      const body = { client_id: made.body.client_id, ...metadata }
      return send(world, 'PUT', `/register/${made.body.client_id}`, body, String(token))
    }
    const token = made.body.registration_access_token
    const beyond = await update({ redirect_uris: ['https://evil.example/'] }, token)
    expect(beyond).toMatchObject({ status: 400, body: { error: 'invalid_redirect_uri' } })
    const another = await ours()
    const swapped = await update({ redirect_uris: [OWN[0]], software_statement: another }, token)
    expect(swapped.body.error).toBe('invalid_software_statement')
    const narrower = await update({ redirect_uris: [OWN[0]] }, token)
    expect(narrower.status).toBe(200)
    expect((await update({ redirect_uris: OWN }, narrower.body.registration_access_token)).status).toBe(200)
  })

  it('is what counts for good: name, keys and grants are not the app’s to change', async () => {
    const own = [{ ...(await exportJWK(trusted.publicKey)), kid: 'own' }]
    const others = [await exportJWK(stranger.publicKey)]
    const said = {
      client_name: 'Accounting',
      grant_types: ['authorization_code'],
      redirect_uris: OWN,
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: own },
    }
    const made = await register(await theirs(said))
    const { client_id: id, registration_access_token: token } = made.body
    const update = (metadata: object, by: unknown) => {
      const body = { client_id: id, ...said, ...metadata }
      return send(world, 'PUT', `/register/${id}`, body, String(by))
    }
    const renamed = await update(
      { client_name: 'Your bank', jwks: { keys: others }, token_endpoint_auth_method: 'none' },
      token,
    )
    expect(renamed).toMatchObject({
      status: 200,
      body: {
        client_name: 'Accounting',
        token_endpoint_auth_method: 'private_key_jwt',
        jwks: { keys: [{ kid: 'own' }] },
      },
    })
    const more = { grant_types: ['authorization_code', 'client_credentials'] }
    const beyond = await update(more, renamed.body.registration_access_token)
    expect(beyond).toMatchObject({ status: 400, body: { error: 'invalid_client_metadata' } })
  })

  it('is the ceiling of every token, whatever people subscribe the app to', async () => {
    const made = await register(await ours({ grants: ['client_credentials'], audience: [WAREHOUSE] }))
    const app = String(made.body.client_id)
    await world.publish({
      [app]: [
        ['warehouse', ['list_items', 'order_item']],
        ['billing', ['list_items']],
      ],
    })
    const obtain = (parameters: Record<string, string>) =>
      requestToken(
        world,
        { id: app, secret: String(made.body.client_secret) },
        { grant_type: 'client_credentials', ...parameters },
      )
    expect((await obtain({ scope: 'list_items' })).body.scope).toBe('list_items')
    expect((await obtain({ scope: 'order_item' })).body.error).toBe('invalid_scope')
    const resource = 'https://api.example/billing/v1'
    expect((await obtain({ scope: 'list_items', resource })).body.error).toBe('invalid_target')
  })
})
