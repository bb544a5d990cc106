import { verify } from 'node:crypto'
import { testExchange, testRevision } from '@portcullis/policy-kit/test-kit'
import { describe, expect, it } from 'vitest'
import { NOW } from '../jwt/test-issuer.ts'
import { backendAuthContract } from './contract.ts'
import { ada, BACKEND, client, ENDPOINT, json, key, openGateway, withToken } from './test-backend.ts'

const own = { clientCredentials: { audience: BACKEND, client, scope: 'items.read' } }
const exchange = { tokenExchange: { audience: BACKEND, client } }

function jwtFor(claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ alg: 'ES256' })}.${part(claims)}.c2ln`
}

describe('backend-auth with client credentials', () => {
  it('asks for a token for the backend once, and sends it with every call', async () => {
    const { send, asked, requests } = openGateway()
    const all = await Promise.all(Array.from({ length: 1_000 }, () => send(own)))
    expect(new Set(all.map(({ fields }) => fields.get('authorization')))).toEqual(new Set(['Bearer token-1']))
    expect(Object.fromEntries(asked[0] ?? [])).toEqual({
      grant_type: 'client_credentials',
      resource: BACKEND,
      scope: 'items.read',
    })
    expect(requests[0]?.headers).toContain(
      `Basic ${Buffer.from('gateway:s3cret%2F%C3%BC').toString('base64')}`,
    )
    expect(asked).toHaveLength(1)
    expect(all[0]?.told).toEqual({
      method: 'client-credentials',
      audience: BACKEND,
      issuer: ENDPOINT,
      client: 'gateway',
      speaksOf: 'gateway',
      expiresAt: new Date(NOW + 60_000).toISOString(),
    })
  })

  it('gets another when the backend refuses it, and none when it refuses that too', async () => {
    const { send, asked } = openGateway()
    const { x, draft } = await send(own)
    const renewed = await x.credentials?.[0]?.renew?.()
    renewed?.write(draft)
    expect(draft.headers.all('authorization')).toEqual(['Bearer token-2'])
    expect(await renewed?.renew?.()).toBeUndefined()
    expect(asked).toHaveLength(2)
  })

  it('shares a token with no other settings', async () => {
    const { send, asked } = openGateway()
    await send(own)
    await send({ clientCredentials: { ...own.clientCredentials, scope: 'items.write' } })
    expect(asked.map((each) => each.get('scope'))).toEqual(['items.read', 'items.write'])
  })

  it('names the backend as the endpoint wants it', async () => {
    const { send, asked } = openGateway()
    await send({ clientCredentials: { ...own.clientCredentials, indicator: 'audience' } })
    await send({ clientCredentials: { ...own.clientCredentials, indicator: 'none' } })
    expect(asked.map((each) => [each.get('audience'), each.get('resource')])).toEqual([
      [BACKEND, null],
      [null, null],
    ])
  })

  it('never sends the backend a token for somebody else', async () => {
    const token = jwtFor({ aud: ['https://other.example'] })
    const { send } = openGateway(() => json(200, { access_token: token, token_type: 'Bearer' }))
    const { ending, fields } = await send(own)
    expect(ending).toMatchObject({ fault: { code: 'backend-auth.wrong-audience', status: 502 } })
    expect(fields.has('authorization')).toBe(false)
  })

  it('keeps no token longer than it says itself', async () => {
    const token = jwtFor({ aud: BACKEND, exp: NOW / 1000 + 20 })
    const { send } = openGateway(() =>
      json(200, { access_token: token, token_type: 'bearer', expires_in: 600 }),
    )
    expect((await send(own)).told?.expiresAt).toBe(new Date(NOW + 20_000).toISOString())
  })

  it.each<[string, string, () => never | ReturnType<typeof json>]>([
    ['an error', 'not-given', () => json(401, { error: 'invalid_client', error_description: 's3cret' })],
    ['trouble', 'unavailable', () => json(503, {})],
    ['too much at once', 'unavailable', () => json(429, {})],
    ['no JSON', 'bad-answer', () => ({ status: 200, body: '<html>' })],
    ['no token', 'bad-answer', () => json(200, { token_type: 'Bearer' })],
    [
      'a token that breaks the field',
      'bad-answer',
      () => json(200, { access_token: 'a\r\nb', token_type: 'Bearer' }),
    ],
    ['a token bound to a key', 'bad-answer', () => json(200, { access_token: 'a', token_type: 'DPoP' })],
    [
      'a token that is over',
      'bad-answer',
      () => json(200, { access_token: 'a', token_type: 'Bearer', expires_in: -1 }),
    ],
    [
      'nothing',
      'unavailable',
      () => {
        throw new Error('away')
      },
    ],
  ])('refuses the call where the endpoint answers with %s', async (_, name, answer) => {
    const { ending } = await openGateway(answer).send(own)
    expect(ending).toMatchObject({ verdict: 'refuse', fault: { code: `backend-auth.${name}` } })
    expect(JSON.stringify(ending)).not.toContain('s3cret')
  })
})

describe('backend-auth with the caller’s token', () => {
  it('exchanges it (RFC 8693) for one that is for the backend, once, and never hands it on', async () => {
    const { send, asked } = openGateway()
    const first = await send(exchange, withToken)
    const again = await send(exchange, withToken)
    expect([first, again].map(({ fields }) => fields.get('authorization'))).toEqual([
      'Bearer token-1',
      'Bearer token-1',
    ])
    expect(Object.fromEntries(asked[0] ?? [])).toEqual({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: 'ada-token',
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      resource: BACKEND,
    })
    expect(asked).toHaveLength(1)
    expect(first.told).toMatchObject({
      method: 'token-exchange',
      speaksOf: 'caller',
      presented: {
        audience: ['https://api.example/warehouse/v1'],
        expiresAt: new Date(NOW + 300_000).toISOString(),
      },
    })
    expect(JSON.stringify([first.x.trace, first.told])).not.toContain('ada-token')
  })

  it('asks for another token of the caller anew, unless it is to be shared', async () => {
    const { send, asked } = openGateway()
    const other = { principal: { ...ada }, headers: { Authorization: 'Bearer other-token' } }
    await send(exchange, withToken)
    await send(exchange, other)
    expect(asked).toHaveLength(2)
    const shared = { tokenExchange: { ...exchange.tokenExchange, share: 'caller' } }
    await send(shared, withToken)
    await send(shared, other)
    await send(shared, { ...other, principal: { ...ada, scopes: new Set(['more']) } })
    expect(asked).toHaveLength(4)
  })

  it('uses no exchanged token longer than the one it was got for', async () => {
    const principal = { ...ada, expiresAt: NOW + 10_000 }
    const { send } = openGateway()
    const { told } = await send(exchange, { ...withToken, principal })
    expect(told?.expiresAt).toBe(new Date(NOW + 10_000).toISOString())
  })

  it('asks by assertion where it is to act on behalf of the caller', async () => {
    const { send, asked } = openGateway()
    await send({ tokenExchange: { ...exchange.tokenExchange, form: 'on-behalf-of' } }, withToken)
    expect(Object.fromEntries(asked[0] ?? [])).toMatchObject({
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      assertion: 'ada-token',
      requested_token_use: 'on_behalf_of',
    })
  })

  it('refuses the caller for whom the endpoint does not exchange', async () => {
    const { send } = openGateway(() => json(400, { error: 'invalid_target' }))
    const { ending } = await send(exchange, withToken)
    expect(ending).toMatchObject({ fault: { code: 'backend-auth.not-exchanged', status: 403 } })
    expect(String((ending as unknown as { fault: Error }).fault.message)).toContain('invalid_target')
  })

  it.each([
    ['nobody', { headers: { Authorization: 'Bearer ada-token' } }],
    [
      'somebody who came by another credential, whatever token is beside it',
      { ...withToken, principal: { ...ada, token: undefined } },
    ],
    [
      'somebody who came by a scheme that is no token',
      { ...withToken, principal: { ...ada, schemes: ['key'] } },
    ],
  ])('refuses %s', async (_, options) => {
    const { send, asked } = openGateway()
    const { ending } = await send(exchange, options as never)
    expect(ending).toMatchObject({ fault: { code: 'backend-auth.no-token', status: 403 } })
    expect(asked).toEqual([])
  })
})

describe('backend-auth with an assertion of the gateway', () => {
  const config = {
    jwtBearer: { audience: BACKEND, issuer: 'gateway@project', key: 'assertion-key', keyId: 'k1' },
  }
  const claimsOf = (assertion: string) =>
    JSON.parse(Buffer.from(assertion.split('.')[1] ?? '', 'base64url').toString())

  it('signs it for the endpoint, for a minute, with the key of the vault (RFC 7523 §3)', async () => {
    const { send, asked } = openGateway()
    const { fields } = await send({ jwtBearer: { ...config.jwtBearer, subject: 'stock-reader' } })
    expect(fields.get('authorization')).toBe('Bearer token-1')
    const assertion = asked[0]?.get('assertion') ?? ''
    const [header = '', payload = '', signature = ''] = assertion.split('.')
    const signed = Buffer.from(`${header}.${payload}`)
    const verifier = { key: key.publicKey, dsaEncoding: 'ieee-p1363' } as const
    expect(verify('sha256', signed, verifier, Buffer.from(signature, 'base64url'))).toBe(true)
    expect(claimsOf(assertion)).toMatchObject({
      ...{
        iss: 'gateway@project',
        sub: 'stock-reader',
        aud: ENDPOINT,
        iat: NOW / 1000,
        exp: NOW / 1000 + 60,
      },
    })
  })

  it('speaks of the caller where no subject is set, and keeps callers apart', async () => {
    const { send, asked } = openGateway()
    await send(config, withToken)
    await send(config, { principal: { ...ada, subject: 'bob' } })
    expect(asked.map((each) => claimsOf(each.get('assertion') ?? '').sub)).toEqual(['ada', 'bob'])
    expect((await send(config)).ending).toMatchObject({ fault: { code: 'backend-auth.no-token' } })
  })
})

describe('backend-auth with an assertion about the caller of another issuer', () => {
  const jwtBearer = { audience: BACKEND, issuer: 'gateway@project', key: 'assertion-key' }
  const partner = { ...ada, issuer: 'https://partner.example' }

  it('is not given: their ada may be anybody', async () => {
    const { send, asked } = openGateway()
    const { ending } = await send({ jwtBearer }, { principal: partner })
    expect(ending).toMatchObject({ fault: { code: 'backend-auth.not-vouched', status: 403 } })
    expect(asked).toEqual([])
  })

  it('is given where its names are said to be good, and tokens are kept apart by issuer', async () => {
    const { send, asked } = openGateway()
    const subjectsOf = [ada.issuer, partner.issuer]
    const first = await send({ jwtBearer: { ...jwtBearer, subjectsOf } }, { principal: ada })
    const second = await send({ jwtBearer: { ...jwtBearer, subjectsOf } }, { principal: partner })
    expect(first.fields.get('authorization')).not.toBe(second.fields.get('authorization'))
    expect(asked).toHaveLength(2)
  })
})

describe('backend-auth with what does not change', () => {
  it('sends name and password in UTF-8 (RFC 7617)', async () => {
    const { fields } = await openGateway().send(
      { basic: { user: 'gateway', password: 'password' } },
      withToken,
    )
    const [, both = ''] = fields.get('authorization')?.split(' ') ?? []
    expect(Buffer.from(both, 'base64').toString()).toBe('gateway:pässwörd')
  })

  it('sends a key in a field, in place of the caller’s', async () => {
    const config = { apiKey: { name: 'X-Stock-Key', key: 'stock-key', prefix: 'Key ' } }
    const { fields } = await openGateway().send(config, { headers: { 'x-stock-key': 'mine' } })
    expect(fields.all('x-stock-key')).toEqual(['Key k-123'])
  })

  it('sends a key in the query, in place of the caller’s, however that is written', async () => {
    const config = { apiKey: { in: 'query', name: 'key', key: 'stock-key' } }
    const { draft } = await openGateway().send(config, { target: '/warehouse/v1/items?a=%20&k%65y=mine&key' })
    expect(draft.target).toBe('/warehouse/v1/items?a=%20&key=k-123')
  })

  it('does not load with a key that would break the field, or that is not there', () => {
    const { bind } = openGateway()
    const bound = (name: string) => () => bind({ apiKey: { name: 'X-Key', key: name } }, testExchange())
    expect(bound('newline')).toThrow(RangeError)
    expect(bound('nowhere')).toThrow('There is no secret "nowhere"')
  })

  it('does not load with mutualTls where the upstream shows no certificate', () => {
    const { bind } = openGateway()
    expect(() => bind({ mutualTls: {} }, testExchange({ revision: testRevision() }))).toThrow(
      'clientCertificate',
    )
  })
})

describe('backend-auth keeps from the backend', () => {
  it('the credentials of the caller, by default', async () => {
    const headers = { Authorization: 'Bearer ada-token', DPoP: 'proof', 'X-Key': 'k', Accept: '*/*' }
    const { fields } = await openGateway().send({}, { headers })
    expect(fields.flat()).toEqual(['Accept', '*/*'])
  })

  it('keys in query and cookies that the contract names', async () => {
    const schemes = {
      q: { type: 'apiKey', in: 'query', name: 'api_key' },
      c: { type: 'apiKey', in: 'cookie', name: 'sid' },
    } as const
    const { draft, fields } = await openGateway().send(
      {},
      {
        revision: testRevision({}, { schemes }),
        target: '/warehouse/v1/items?x=1&api%5Fkey=k&y',
        headers: { Cookie: 'a=b; sid=secret;c=d' },
      },
    )
    expect(draft.target).toBe('/warehouse/v1/items?x=1&y')
    expect(fields.get('cookie')).toBe('a=b; c=d')
  })

  it('nothing where the operator says so', async () => {
    const config = { strip: false, apiKey: { name: 'X-Stock-Key', key: 'stock-key' } }
    const { fields } = await openGateway().send(config, withToken)
    expect(fields.get('authorization')).toBe('Bearer ada-token')
  })
})

describe('backend-auth refuses to publish', () => {
  it.each([
    ['nothing to do', { strip: false }],
    ['two methods', { ...own, basic: { user: 'a', password: 'b' } }],
    ['a name with a colon', { basic: { user: 'a:b', password: 'b' } }],
    ['a field of HTTP itself', { apiKey: { name: 'Host', key: 'k' } }],
    ['an audience that breaks a field', { clientCredentials: { ...own.clientCredentials, audience: 'a b' } }],
    ['an unknown part', { hmac: { secret: 's', sign: ['cookie'] } }],
    ['a field value without the signature', { hmac: { secret: 's', value: 'none' } }],
    [
      'an unknown component',
      { httpSignature: { algorithm: 'ed25519', key: 'k', keyId: 'a', components: ['@status'] } },
    ],
    [
      'a component twice',
      { httpSignature: { algorithm: 'ed25519', key: 'k', keyId: 'a', components: ['@path', '@path'] } },
    ],
    ['a key id that breaks the field', { httpSignature: { algorithm: 'ed25519', key: 'k', keyId: 'a"b' } }],
  ])('%s', (_, config) => {
    expect(backendAuthContract.config.safeParse(config).success).toBe(false)
  })
})
