import type { Security } from '@portcullis/model/security'
import { testExchange, tryPolicy } from '@portcullis/policy-kit/test-kit'
import { manualClock } from '@portcullis/ports/clock/memory'
import { algorithms, type Keys, keysFaults, nameOfCertificate } from '@portcullis/ports/keys/port'
import { openMemoryRevocations } from '@portcullis/ports/revocations/memory'
import { describe, expect, it } from 'vitest'
import { ownExpectations } from './expectations.ts'
import { call, callWith, jwt, revision, revisionWith, seconds, testPorts } from './test-call.ts'
import {
  AUDIENCE,
  ISSUER,
  keysOf,
  makeToken,
  NOW,
  type TokenOptions,
  verificationKey,
} from './test-issuer.ts'
import { verifyToken } from './verify.ts'

describe('jwt takes a good token', () => {
  it.each(algorithms)('signed with %s', async (algorithm) => {
    const { ending, x } = await callWith(makeToken({ algorithm }))
    expect(ending).toBeUndefined()
    expect(x.principal).toMatchObject({ issuer: ISSUER, client: 'robot', subject: 'robot' })
    expect([...(x.principal?.scopes ?? [])]).toEqual(['list_items', 'order_item'])
    expect(x.principal?.expiresAt).toBe(NOW + 300_000)
  })

  it('and says which of the contract’s schemes it satisfies: the bearer ones', async () => {
    const { x } = await callWith(makeToken())
    expect(x.principal?.schemes).toEqual(['login', 'bearer'])
  })

  const good: [string, TokenOptions][] = [
    ['with several audiences, ours among them', { claims: { aud: ['https://other.example', AUDIENCE] } }],
    ['with the long form of its type', { header: { typ: 'application/at+jwt' } }],
    ['with its type in capitals', { header: { typ: 'AT+JWT' } }],
    ['without scopes', { claims: { scope: undefined } }],
    ['that ended less than the clock skew ago', { claims: { exp: seconds(-9) } }],
    ['that begins in less than the clock skew', { claims: { nbf: seconds(9), iat: seconds(9) } }],
    ['with header members that mean nothing to us', { header: { jku: 'https://evil.example/jwks' } }],
    ['with a name once in each of two objects', { claims: { act: { sub: 'a' }, other: { sub: 'b' } } }],
  ]
  it.each(good)('%s', async (_, options) => {
    expect((await callWith(makeToken(options))).ending).toBeUndefined()
  })

  it('in a field whose scheme is written in any case', async () => {
    const { ending, x } = await call({ authorization: `bEaReR   ${makeToken()}` })
    expect(ending).toBeUndefined()
    expect(x.principal).toBeDefined()
  })

  it('whose key is named by its certificate alone (RFC 7515 §4.1.8)', async () => {
    const named = verificationKey('ES256', nameOfCertificate('c'.repeat(43)))
    const token = makeToken({ header: { kid: undefined, 'x5t#S256': 'c'.repeat(43) } })
    expect((await callWith(token, {}, keysOf(named))).x.principal).toBeDefined()
  })

  it('at once, without a promise, when the key is at hand', () => {
    const expected = [ownExpectations({ issuer: ISSUER, jwksUri: 'x' }, AUDIENCE)]
    expect(verifyToken(makeToken(), { expected, keys: keysOf() }, NOW, '192.0.2.1')).not.toBeInstanceOf(
      Promise,
    )
  })

  it('when the key has to be fetched first', async () => {
    const fetching: Keys = { find: async (_, kid) => keysOf().find(_, kid) }
    expect((await callWith(makeToken(), {}, fetching)).x.principal?.client).toBe('robot')
  })

  it('and asks the issuer of the revision for the key, and nobody else', async () => {
    const asked: string[] = []
    const keys: Keys = {
      find: (uri, kid) => {
        asked.push(uri)
        return keysOf().find(uri, kid)
      },
    }
    await callWith(
      makeToken({ header: { jku: 'https://evil.example', x5u: 'https://evil.example' } }),
      {},
      keys,
    )
    expect(asked).toEqual([revision.issuer.jwksUri])
  })
})

describe('jwt says of the caller', () => {
  const principalOf = async (claims: Record<string, unknown>) =>
    (await callWith(makeToken({ claims }))).x.principal

  it('which roles and groups they have, in whichever shape the issuer says it', async () => {
    const principal = await principalOf({ roles: ['clerk', 'buyer'], groups: 'berlin' })
    expect([...(principal?.roles ?? [])]).toEqual(['clerk', 'buyer'])
    expect([...(principal?.groups ?? [])]).toEqual(['berlin'])
    // RFC 9068 §2.2.3.1: as SCIM has them.
    const scim = await principalOf({ groups: [{ value: 'berlin', display: 'Berlin' }] })
    expect([...(scim?.groups ?? [])]).toEqual(['berlin'])
    expect(scim).not.toHaveProperty('roles')
  })

  it('how and when they signed in', async () => {
    const principal = await principalOf({ acr: 'mfa', auth_time: seconds(-60) })
    expect(principal?.authentication).toEqual({ context: 'mfa', at: NOW - 60_000 })
    expect(await principalOf({})).not.toHaveProperty('authentication')
  })

  it('by which names the token can be revoked', async () => {
    const principal = await principalOf({ sid: 'browser', grant_id: 'consent' })
    expect(principal?.token).toEqual({
      issuer: ISSUER,
      id: 'token-1',
      client: 'robot',
      subject: 'robot',
      grant: 'consent',
      session: 'browser',
      issuedAt: NOW,
    })
  })
})

describe('jwt refuses a token that was revoked', () => {
  const revoke = (
    what: 'token' | 'subject' | 'client' | 'grant' | 'session',
    value: string,
    before = NOW,
  ) => {
    const revocations = openMemoryRevocations(manualClock(NOW))
    revocations.add([{ position: 1, issuer: ISSUER, what, value, before, until: NOW + 600_000 }], 1)
    return revocations
  }

  it.each([
    ['token', 'token-1'],
    ['subject', 'robot'],
    ['client', 'robot'],
    ['grant', 'consent'],
    ['session', 'browser'],
  ] as const)('by its %s', async (what, value) => {
    const token = makeToken({ claims: { sid: 'browser', grant_id: 'consent' } })
    const revoked = { revocations: revoke(what, value) }
    const { ending, x, reply } = await callWith(token, {}, keysOf(), revoked)
    expect(ending).toMatchObject({ fault: { code: 'jwt.revoked', status: 401 } })
    expect(reply.headers.get('www-authenticate')).toContain('error="invalid_token"')
    expect(x.principal).toBeUndefined()
    const other = { revocations: revoke(what, 'other') }
    expect((await callWith(token, {}, keysOf(), other)).ending).toBeUndefined()
  })

  it('also when it is remembered', async () => {
    const keys = keysOf()
    const token = makeToken()
    const revocations = openMemoryRevocations(manualClock(NOW))
    expect((await callWith(token, {}, keys, { revocations })).ending).toBeUndefined()
    revocations.add(
      [{ position: 1, issuer: ISSUER, what: 'token', value: 'token-1', before: NOW, until: NOW + 600_000 }],
      1,
    )
    expect((await callWith(token, {}, keys, { revocations })).ending).toMatchObject({
      fault: { code: 'jwt.revoked' },
    })
  })

  it('and not one that was issued later, unless it keeps that to itself', async () => {
    const earlier = { revocations: revoke('subject', 'robot', NOW - 1000) }
    expect((await callWith(makeToken(), {}, keysOf(), earlier)).ending).toBeUndefined()
    const silent = makeToken({ claims: { iat: undefined } })
    expect((await callWith(silent, {}, keysOf(), earlier)).ending).toMatchObject({
      fault: { code: 'jwt.revoked' },
    })
  })
})

describe('jwt and the Authorization field', () => {
  it('keeps the token from the backend', async () => {
    expect((await callWith(makeToken())).x.outgoingHeaders().has('authorization')).toBe(false)
  })

  it('hands the token on where the operator chose so', async () => {
    const { x } = await callWith(makeToken(), { forwardToken: true })
    expect(x.outgoingHeaders().has('authorization')).toBe(true)
  })

  it.each([
    ['no credentials', {}],
    ['credentials of another scheme', { Authorization: 'Basic dXNlcjpwYXNz' }],
    ['a scheme that only begins like Bearer', { Authorization: `BearerToken ${makeToken()}` }],
  ] as [string, Record<string, string>][])(
    'leaves %s to those who judge the requirement',
    async (_, headers) => {
      const { ending, x } = await call(headers)
      expect(ending).toBeUndefined()
      expect(x.principal).toBeUndefined()
    },
  )

  it.each([
    ['no token', { Authorization: 'Bearer' }],
    ['only spaces', { Authorization: 'Bearer  ' }],
    ['two tokens', { Authorization: 'Bearer a.b.c d.e.f' }],
    ['a tab', { Authorization: 'Bearer\ta.b.c' }],
    ['parameters', { Authorization: 'Bearer token="a.b.c"' }],
    ['a comma', { Authorization: 'Bearer, a.b.c' }],
    ['letters beyond ASCII', { Authorization: 'Bearer a.b.ü' }],
    ['a second field', { Authorization: `Bearer ${makeToken()}`, authorization: 'Bearer x' }],
    [
      'a second field of another scheme',
      { authorization: 'Basic eA==', Authorization: `Bearer ${makeToken()}` },
    ],
  ] as [string, Record<string, string>][])(
    'refuses a field with %s as a bad request (RFC 6750 §3.1)',
    async (_, headers) => {
      const { reply, ending, x } = await call(headers)
      expect(ending).toMatchObject({ verdict: 'refuse', fault: { code: 'jwt.bad-request', status: 400 } })
      expect(reply.headers.get('www-authenticate')).toContain('error="invalid_request"')
      expect(x.principal).toBeUndefined()
    },
  )

  it('takes no token from the query (RFC 9700 §4.3.2)', async () => {
    const x = testExchange({
      revision,
      target: `/warehouse/v1/items?access_token=${makeToken()}`,
      receivedAt: NOW,
    })
    await tryPolicy(jwt, {}, x, { ...testPorts(), keys: keysOf() })
    expect(x.principal).toBeUndefined()
  })
})

describe('jwt when the keys fail', () => {
  const outage = keysFaults.unavailable()
  it.each([
    ['rejects', { find: () => Promise.reject(outage) }],
    [
      'throws',
      {
        find: () => {
          throw outage
        },
      },
    ],
  ] as [string, Keys][])('refuses with 503 and without a challenge when the port %s', async (_, keys) => {
    const { reply, ending, x } = await callWith(makeToken(), {}, keys)
    expect(ending).toMatchObject({ verdict: 'refuse', fault: { code: 'keys.unavailable' } })
    expect(reply.status).toBe(503)
    expect(reply.headers.has('www-authenticate')).toBe(false)
    expect(x.principal).toBeUndefined()
  })

  it('may not be set to fail open', () => {
    expect(jwt.contract.mayFailOpen).toBe(false)
  })
})

describe('jwt derives its facts', () => {
  it.each([
    ['a public operation', []],
    ['an operation that wants an API key only', [{ key: [] }]],
    ['an operation that wants a scheme nobody declared', [{ constructor: [] }]],
  ] as [string, Security][])('and does not run on %s', (_, security) => {
    const place = revisionWith(security)
    const api = place.apis[0]
    const operation = api?.operations[0]
    if (api === undefined || operation === undefined) throw new RangeError('no operation')
    expect(jwt.contract.derive?.({ revision: place, api, operation })).toBeUndefined()
  })
})
