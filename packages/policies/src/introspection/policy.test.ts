import { createPublicKey, verify } from 'node:crypto'
import { effectiveSteps } from '@portcullis/policy-kit/step/effective-steps'
import { bindStep } from '@portcullis/policy-kit/step/run-steps'
import { runThrough, testExchange } from '@portcullis/policy-kit/test-kit'
import { manualClock } from '@portcullis/ports/clock/memory'
import { openMemoryCounters } from '@portcullis/ports/counters/memory'
import { openMemoryRevocations } from '@portcullis/ports/revocations/memory'
import { openMemoryVault } from '@portcullis/ports/vault/memory'
import { type MemoryAnswer, openMemoryWeb } from '@portcullis/ports/web/memory'
import type { WebRequest } from '@portcullis/ports/web/port'
import { describe, expect, it } from 'vitest'
import { jwt, revision } from '../jwt/test-call.ts'
import { AUDIENCE, ISSUER, keysOf, makeToken, NOW } from '../jwt/test-issuer.ts'

import { config, ENDPOINT, gateway, good, introspection, json, pair } from './test-endpoint.ts'

describe('introspection takes a token of which its issuer says that it is good', () => {
  it('and learns from the answer who calls', async () => {
    const told = { ...good, roles: ['clerk'], acr: 'mfa', sid: 'browser' }
    const { x, ending } = await gateway(() => json(told)).send('opaque')
    expect(ending).toBeUndefined()
    expect(x.principal).toMatchObject({
      schemes: ['login', 'bearer'],
      issuer: ISSUER,
      client: 'robot',
      subject: 'ada',
      expiresAt: NOW + 300_000,
      authentication: { context: 'mfa' },
      token: { id: 'opaque-1', session: 'browser', issuedAt: NOW - 10_000 },
    })
    expect([...(x.principal?.scopes ?? [])]).toEqual(['list_items'])
    expect(x.outgoingHeaders().has('authorization')).toBe(false)
  })

  it.each([
    ['that names several audiences', { aud: ['other', AUDIENCE] }, {}],
    ['that leaves its issuer out', { iss: undefined }, {}],
    ['that has no end', { exp: undefined }, {}],
    [
      'of another issuer, with an audience of its own',
      { iss: 'https://login.example', aud: 'warehouse' },
      { issuer: 'https://login.example', audiences: ['warehouse'] },
    ],
    ['that is as it must be', { tenant: 'hmart' }, { assertions: [{ claim: '/tenant', equals: 'hmart' }] }],
  ])('%s', async (_, told, changes) => {
    expect(await gateway(() => json({ ...good, ...told })).codeOf('opaque', changes)).toBeUndefined()
  })

  it('of an app that speaks for itself', async () => {
    const { x } = await gateway(() => json({ ...good, sub: undefined })).send('opaque')
    expect(x.principal?.subject).toBe('robot')
  })

  it('and no client of another issuer is an app of ours unless the operator says so', async () => {
    const { send } = gateway(() => json({ ...good, iss: 'https://login.example' }))
    const other = { issuer: 'https://login.example' }
    expect((await send('opaque', other)).x.principal?.client).toBe('robot@https://login.example')
    const mapped = await send('opaque', { ...other, apps: { robot: 'our-robot' } })
    expect(mapped.x.principal?.client).toBe('our-robot')
  })
})

describe('introspection refuses', () => {
  it.each([
    ['what is not active', { active: false }, 'inactive', 401],
    ['another issuer', { iss: 'https://evil.example' }, 'wrong-issuer', 401],
    ['another audience', { aud: 'https://api.example/other' }, 'wrong-audience', 401],
    ['no audience', { aud: undefined }, 'wrong-audience', 401],
    ['what has ended', { exp: NOW / 1000 - 10 }, 'expired', 401],
    ['what has not begun', { nbf: NOW / 1000 + 11 }, 'not-yet-valid', 401],
    ['an answer that does not say whether', { active: undefined }, 'bad-answer', 502],
    ['an answer that says it as a text', { active: 'true' }, 'bad-answer', 502],
    ['an answer without a client', { client_id: undefined }, 'bad-answer', 502],
    ['an answer whose end is a text', { exp: 'soon' }, 'bad-answer', 502],
    ['a binding that is not understood', { cnf: { kid: 'k' } }, 'bad-answer', 502],
  ])('%s', async (_, told, code, status) => {
    const { send } = gateway(() => json({ ...good, ...told }))
    const { ending, reply, x } = await send('opaque')
    expect(ending).toMatchObject({ verdict: 'refuse', fault: { code: `introspection.${code}`, status } })
    expect(x.principal).toBeUndefined()
    const challenge = reply.headers.get('www-authenticate')
    if (status === 401) expect(challenge).toMatch(/^Bearer realm="[^"]+", error="invalid_token"/)
    else expect(challenge).toBeUndefined()
  })

  it('what lacks what the operator demands', async () => {
    const { codeOf } = gateway(() => json(good))
    expect(await codeOf('opaque', { assertions: [{ claim: '/tenant', present: true }] })).toBe(
      'refused-claim',
    )
  })

  it('a token that is bound to a key which the caller does not show', async () => {
    const { send } = gateway(() => json({ ...good, cnf: { jkt: 'k'.repeat(43) } }))
    const { ending, reply } = await send('opaque')
    expect(ending).toMatchObject({ fault: { code: 'binding.sent-as-bearer' } })
    expect(reply.headers.get('www-authenticate')).toMatch(/^DPoP /)
  })

  it.each([
    ['status 401', { status: 401 }, 'unavailable'],
    ['status 500', { status: 500 }, 'unavailable'],
    ['a redirect', { status: 302, headers: { Location: 'https://evil.example' } }, 'unavailable'],
    ['no JSON', json('active=true'), 'bad-answer'],
    ['a list', json([good]), 'bad-answer'],
    ['active twice', json('{"active":false,"active":true}'), 'bad-answer'],
    ['another media type', { ...json(good), headers: { 'Content-Type': 'text/html' } }, 'bad-answer'],
    ['too much', json({ ...good, fill: 'x'.repeat(65_536) }), 'bad-answer'],
  ] as [string, MemoryAnswer, string][])('when the endpoint answers with %s', async (_, answer, code) => {
    const { codeOf } = gateway(() => answer)
    expect(await codeOf('opaque')).toBe(code)
  })

  it('with 503 and without a challenge when nobody answers, or not in time, and asks again with the next call', async () => {
    let answer: () => MemoryAnswer | Promise<MemoryAnswer> = () => {
      throw new Error('gone')
    }
    const { send, codeOf, asked } = gateway(() => answer())
    const { ending, reply } = await send('opaque')
    expect(ending).toMatchObject({ fault: { code: 'introspection.unavailable', status: 503 } })
    expect(reply.headers.has('www-authenticate')).toBe(false)
    answer = () => json(good)
    expect(await codeOf('opaque')).toBeUndefined()
    expect(asked).toHaveLength(2)
  })
})

describe('introspection asks as RFC 7662 says', () => {
  const formOf = (request: WebRequest | undefined) => new URLSearchParams(String(request?.body))
  const headerOf = (request: WebRequest | undefined, name: string) =>
    request?.headers[(request.headers.indexOf(name) ?? -1) + 1]

  it('with its name and secret in the Authorization field', async () => {
    const { send, asked } = gateway(() => json(good))
    await send('opaque+/==')
    expect(asked[0]).toMatchObject({ method: 'POST', url: ENDPOINT, timeoutMillis: 3000, maxBytes: 65_536 })
    expect(formOf(asked[0]).get('token')).toBe('opaque+/==')
    const basic = Buffer.from('gateway:s3cret%2F%C3%BC').toString('base64')
    expect(headerOf(asked[0], 'Authorization')).toBe(`Basic ${basic}`)
  })

  it('or in the form', async () => {
    const { send, asked } = gateway(() => json(good))
    await send('opaque', { client: { ...config.client, authentication: 'post' } })
    expect(formOf(asked[0]).get('client_secret')).toBe('s3cret/ü')
    expect(headerOf(asked[0], 'Content-Type')).toBe('application/x-www-form-urlencoded')
    expect(asked[0]?.headers).not.toContain('Authorization')
  })

  it('or with an assertion that it signs (RFC 7523)', async () => {
    const { send, asked } = gateway(() => json(good))
    const client = { id: 'gateway', secret: 'introspection-key', authentication: 'private_key_jwt' }
    await send('opaque', { client })
    const [header, payload, signature] = (formOf(asked[0]).get('client_assertion') ?? '').split('.') as [
      string,
      string,
      string,
    ]
    expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toMatchObject({
      iss: 'gateway',
      sub: 'gateway',
      aud: ENDPOINT,
      exp: NOW / 1000 + 60,
    })
    const key = { key: createPublicKey(pair.privateKey), dsaEncoding: 'ieee-p1363' as const }
    const signed = Buffer.from(`${header}.${payload}`)
    expect(verify('sha256', signed, key, Buffer.from(signature, 'base64url'))).toBe(true)
  })

  it('and does not load without its secret, or with a key of another kind', async () => {
    const { send } = gateway(() => json(good))
    const client = { id: 'gateway', secret: 'introspection', authentication: 'private_key_jwt' }
    await expect(send('opaque', { client })).rejects.toThrow()
    await expect(send('opaque', { client: { id: 'gateway', secret: 'other' } })).rejects.toMatchObject({
      code: 'vault.unknown',
    })
  })
})

describe('an answer that is signed (RFC 9701)', () => {
  const signedBy = 'https://login.example/keys'
  const type = 'token-introspection+jwt'
  const answerWith = (options: { claims?: object; header?: object; type?: string } = {}): MemoryAnswer => ({
    status: 200,
    headers: { 'Content-Type': options.type ?? `application/${type}` },
    body: makeToken({
      header: { typ: type, ...options.header },
      rawPayload: JSON.stringify({
        iss: ISSUER,
        aud: 'gateway',
        iat: NOW / 1000,
        token_introspection: good,
        ...options.claims,
      }),
    }),
  })
  it.each([
    ['is taken', {}, undefined],
    ['is refused from another issuer', { claims: { iss: 'https://evil.example' } }, 'bad-answer'],
    ['is refused for another client', { claims: { aud: 'other' } }, 'bad-answer'],
    ['is refused as a token', { header: { typ: 'at+jwt' } }, 'bad-answer'],
    ['is refused with an unknown key', { header: { kid: 'nobody' } }, 'bad-answer'],
    ['is refused with another algorithm than the key’s', { header: { alg: 'RS256' } }, 'bad-answer'],
    ['is refused unsigned', { header: { alg: 'none' } }, 'bad-answer'],
    ['is refused without content', { claims: { token_introspection: undefined } }, 'bad-answer'],
    ['is refused as JSON', { type: 'application/json' }, 'bad-answer'],
    [
      'is refused where the token is not good',
      { claims: { token_introspection: { active: false } } },
      'inactive',
    ],
  ])('%s', async (_, options, code) => {
    const { codeOf, asked } = gateway(() => answerWith(options))
    expect(await codeOf('opaque', { signedBy })).toBe(code)
    expect(asked[0]?.headers).toContain(`application/${type}`)
  })
})

describe('introspection beside jwt', () => {
  const both = async (token: string, attachment: Record<string, unknown>) => {
    const x = testExchange({ revision, headers: { Authorization: `Bearer ${token}` }, receivedAt: NOW })
    const attached = {
      policy: 'introspection',
      mode: 'enforce',
      failOpen: false,
      ...attachment,
      config: { ...config, ...(attachment.config as object) },
    }
    const ports = {
      web: openMemoryWeb({ [ENDPOINT]: () => json({ ...good, sub: 'introspected' }) }),
      vault: openMemoryVault({ introspection: 's3cret' }),
      keys: keysOf(),
      counters: openMemoryCounters(manualClock(NOW)),
      revocations: openMemoryRevocations(manualClock(NOW)),
    }
    const place = { revision, api: x.match?.api, operation: { ...x.match?.operation, policies: [attached] } }
    const steps = effectiveSteps([jwt, introspection], place as never).map((step) =>
      bindStep(step, ports as never),
    )
    const { ending } = await runThrough(steps, x)
    return ending?.verdict === 'refuse' ? ending.fault.code : x.principal?.subject
  }
  it.each([
    ['leaves JWTs to it', makeToken(), {}, 'robot'],
    ['takes what is none', 'opaque', {}, 'introspected'],
    ['takes all where it is told so', makeToken(), { config: { tokens: 'all' } }, 'introspected'],
    ['takes nothing from it while it only observes', 'opaque', { mode: 'observe' }, 'jwt.malformed'],
    ['takes nothing from it while it is off', 'opaque', { mode: 'off' }, 'jwt.malformed'],
  ])('%s', async (_, token, attachment, result) => {
    expect(await both(token, attachment)).toBe(result)
  })
})

it('does not run where nobody attached it', () => {
  const { match } = testExchange({ revision })
  expect(effectiveSteps([introspection], { revision, ...match } as never)).toEqual([])
})

it('leaves a call without a token alone', async () => {
  const { send, asked } = gateway(() => json(good))
  const { ending, x } = await send(undefined)
  expect(ending).toBeUndefined()
  expect(x.principal).toBeUndefined()
  expect(asked).toHaveLength(0)
})
