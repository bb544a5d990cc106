import { request as httpRequest } from 'node:http'
import { storeFaults } from '@portcullis/ports/store/port'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openWorld, requestToken, type World } from './test-kit.ts'

let world: World

beforeAll(async () => {
  world = await openWorld()
  await world.organization('acme')
  await world.app('stock', {})
  await world.app('spa', {
    grants: ['authorization_code', 'refresh_token'],
    redirectUris: ['https://spa.example/callback'],
    public: true,
  })
  await world.publish({ stock: [['warehouse', ['list_items']]] })
})
afterAll(() => world.close())

/** A request with headers and a target that `fetch` would mend. */
function send(
  target: string,
  headers: Readonly<Record<string, string>>,
): Promise<{ status: number; body: string }> {
  const { hostname, port } = new URL(world.url)
  return new Promise((resolve, reject) => {
    const request = httpRequest({ hostname, port, path: target, headers, agent: false }, (answer) => {
      let body = ''
      answer.setEncoding('utf8')
      answer.on('data', (chunk: string) => {
        body += chunk
      })
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }))
    })
    request.on('error', reject)
    request.end()
  })
}

describe('discovery', () => {
  it('is the same at both addresses, and names only what is offered', async () => {
    const openid = await (await fetch(`${world.issuer()}/.well-known/openid-configuration`)).json()
    const oauth = await (await fetch(`${world.url}/.well-known/oauth-authorization-server/hmart`)).json()
    expect(oauth).toEqual(openid)
    const issuer = world.issuer()
    expect(openid).toMatchObject({
      issuer,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/jwks`,
      authorization_endpoint: `${issuer}/auth`,
      revocation_endpoint: `${issuer}/token/revocation`,
      introspection_endpoint: `${issuer}/token/introspection`,
      userinfo_endpoint: `${issuer}/userinfo`,
      end_session_endpoint: `${issuer}/sign-out`,
      response_types_supported: ['code'],
      response_modes_supported: ['query', 'query.jwt', 'jwt'],
      device_authorization_endpoint: `${issuer}/device/authorization`,
      pushed_authorization_request_endpoint: `${issuer}/request`,
      backchannel_logout_supported: true,
      request_parameter_supported: true,
      request_uri_parameter_supported: false,
      code_challenge_methods_supported: ['S256'],
      token_endpoint_auth_methods_supported: [
        'client_secret_basic',
        'client_secret_post',
        'private_key_jwt',
        'none',
      ],
      id_token_signing_alg_values_supported: ['ES256'],
      authorization_response_iss_parameter_supported: true,
    })
    const { grant_types_supported: grants } = openid as { grant_types_supported: string[] }
    expect(grants.toSorted()).toEqual([
      'authorization_code',
      'client_credentials',
      'password',
      'refresh_token',
      'urn:ietf:params:oauth:grant-type:device_code',
      'urn:ietf:params:oauth:grant-type:jwt-bearer',
      'urn:ietf:params:oauth:grant-type:saml2-bearer',
      'urn:ietf:params:oauth:grant-type:token-exchange',
      'urn:openid:params:grant-type:ciba',
      'urn:portcullis:params:oauth:grant-type:approved-token',
      'urn:portcullis:params:oauth:grant-type:scope-request',
    ])
    expect(openid).not.toHaveProperty('registration_endpoint')
  })

  it('cannot be led astray by what a request says of its host', async () => {
    const { body } = await send('/hmart/.well-known/openid-configuration', {
      host: 'evil.example',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'https',
      forwarded: 'host=evil.example;proto=https',
    })
    expect(body).not.toContain('evil')
    expect(JSON.parse(body)).toMatchObject({ token_endpoint: `${world.issuer()}/token` })
  })

  it('is each organization’s own', async () => {
    const answer = await fetch(`${world.issuer('acme')}/.well-known/openid-configuration`)
    expect(await answer.json()).toMatchObject({
      issuer: `${world.url}/acme`,
      jwks_uri: `${world.url}/acme/jwks`,
    })
  })

  it('is there for the organization of the installation', async () => {
    expect((await fetch(`${world.issuer('system')}/jwks`)).status).toBe(200)
  })
})

describe('a request that means nothing here', () => {
  it.each([
    ['/', 404, 'authserver.unknown-organization'],
    ['/nobody/token', 404, 'authserver.unknown-organization'],
    ['/HMART/jwks', 404, 'authserver.unknown-organization'],
    ['/..%2fhmart/jwks', 404, 'authserver.unknown-organization'],
    [`/${'a'.repeat(200)}/jwks`, 404, 'authserver.unknown-organization'],
    ['/hmart/nothing', 404, 'authserver.not-found'],
    ['/hmart', 404, 'authserver.not-found'],
    ['/hmart/reg', 404, 'authserver.not-found'],
    ['/hmart/me', 404, 'authserver.not-found'],
    ['/hmart/token/introspection', 404, 'authserver.not-found'],
    ['/hmart/token', 404, 'authserver.not-found'],
    ['/.well-known/oauth-authorization-server/hmart/more', 404, 'authserver.not-found'],
    ['http://127.0.0.1/hmart/jwks', 400, 'authserver.bad-target'],
  ])('such as GET %s gets a problem', async (target, status, code) => {
    const answer = await send(target, { host: 'localhost' })
    expect(answer.status).toBe(status)
    expect(JSON.parse(answer.body)).toMatchObject({ code, status, remedy: expect.any(String) })
  })

  it('gets a problem with the right media type and headers', async () => {
    const answer = await fetch(`${world.url}/nobody/token`)
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
    expect(answer.headers.get('x-powered-by')).toBeNull()
    await answer.text()
  })

  it('leaves no development pages behind', async () => {
    const answer = await fetch(`${world.issuer()}/interaction/abc`)
    expect(answer.status).toBe(400)
    expect(await answer.text()).toContain('This sign-in has expired')
  })
})

describe('limits', () => {
  it('refuse a body that announces too much, before it is sent', async () => {
    const body = 'x'.repeat(70_000)
    const answer = await fetch(`${world.issuer()}/token`, { method: 'POST', body })
    expect(answer.status).toBe(413)
    await answer.text()
  })

  it('refuse a body that turns out too long', async () => {
    const chunk = new TextEncoder().encode('x'.repeat(10_000))
    const body = new ReadableStream({
      start(controller) {
        for (let i = 0; i < 8; i++) controller.enqueue(chunk)
        controller.close()
      },
    })
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const answer = await fetch(`${world.issuer()}/token`, {
      method: 'POST',
      body,
      headers,
      duplex: 'half',
    } as RequestInit)
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({ error: 'invalid_request' })
  })

  it('refuse headers that are too large', async () => {
    const answer = await send('/hmart/jwks', { host: 'localhost', cookie: 'x'.repeat(20_000) })
    expect(answer.status).toBe(431)
  })
})

describe('other origins', () => {
  const ask = (client: { id: string; secret?: string }, origin: string) =>
    requestToken(world, client, { grant_type: 'refresh_token', refresh_token: 'x' }, { origin })

  it('may read the token endpoint’s answer to a public app at its own origin only', async () => {
    const own = await ask({ id: 'spa' }, 'https://spa.example')
    expect(own.headers.get('access-control-allow-origin')).toBe('https://spa.example')
    expect(own.headers.get('access-control-allow-credentials')).toBeNull()
    for (const origin of ['https://evil.example', 'null', 'https://spa.example.evil.example']) {
      const other = await ask({ id: 'spa' }, origin)
      expect(other.headers.get('access-control-allow-origin')).toBeNull()
      expect(other.status).toBe(400)
    }
  })

  it('may read nothing said to an app with a secret or to an unknown one', async () => {
    for (const client of [{ id: 'stock', secret: 'x' }, { id: 'nobody' }]) {
      const { headers } = await ask(client, 'https://spa.example')
      expect(headers.get('access-control-allow-origin')).toBeNull()
    }
  })

  it('get no preflight at the token endpoint', async () => {
    const answer = await fetch(`${world.issuer()}/token`, {
      method: 'OPTIONS',
      headers: { origin: 'https://spa.example', 'access-control-request-method': 'POST' },
    })
    expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([])
  })

  it('may read keys and discovery, and nothing ever says "*"', async () => {
    const jwks = `${world.issuer()}/jwks`
    const answer = await fetch(jwks, { headers: { origin: 'https://spa.example' } })
    expect(answer.headers.get('access-control-allow-origin')).toBe('https://spa.example')
    expect((await fetch(jwks)).headers.get('access-control-allow-origin')).toBeNull()
  })
})

describe('an outage', () => {
  it('of the store is told as one, without a word of what is behind', async () => {
    const other = await openWorld()
    await other.app('stock', {})
    await fetch(`${other.issuer()}/jwks`)
    const { get } = other.store
    other.store.get = ((collection: { name: string }, ...rest: [string, string]) =>
      rest[1].startsWith('App/')
        ? Promise.reject(storeFaults.unavailable({ internal: 'disk I/O error' }))
        : get.call(other.store, collection as never, ...rest)) as typeof get
    const answer = await requestToken(
      other,
      { id: 'stock', secret: 'x' },
      { grant_type: 'client_credentials' },
    )
    expect(answer.status).toBe(503)
    expect(answer.headers.get('retry-after')).toBe('5')
    expect(JSON.stringify(answer.body)).not.toContain('I/O')
    other.store.get = () => Promise.reject(storeFaults.unavailable({ internal: 'disk I/O error' }))
    const problem = await fetch(`${other.issuer()}/jwks`)
    expect(problem.status).toBe(503)
    expect(await problem.text()).not.toContain('I/O')
    await other.close()
  })
})
