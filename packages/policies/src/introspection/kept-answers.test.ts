import { countersFaults } from '@portcullis/ports/counters/port'
import type { WebRequest } from '@portcullis/ports/web/port'
import { describe, expect, it } from 'vitest'
import { ISSUER, NOW } from '../jwt/test-issuer.ts'

import { gateway, good, json } from './test-endpoint.ts'

describe('an answer is kept', () => {
  it('as long as the operator says, and never longer than the token lives', async () => {
    const { codeOf, asked } = gateway(() => json({ ...good, exp: NOW / 1000 + 40 }))
    for (const at of [0, 29_999, 30_000, 40_000]) await codeOf('opaque', {}, NOW + at)
    expect(asked).toHaveLength(3)
    expect(await codeOf('opaque', {}, NOW + 50_000)).toBe('expired')
  })

  it('not at all where the operator says so', async () => {
    const { codeOf, asked } = gateway(() => json(good))
    for (let i = 0; i < 3; i++) await codeOf('opaque', { keepFor: '0s' })
    expect(asked).toHaveLength(3)
  })

  it('shortly also when the token is no good, and only then', async () => {
    const { codeOf, asked } = gateway(() => json({ active: false }))
    for (const at of [0, 4_999, 5_000]) expect(await codeOf('opaque', {}, NOW + at)).toBe('inactive')
    expect(asked).toHaveLength(2)
  })

  it('for one token under one set of conditions', async () => {
    const { codeOf, asked } = gateway(() => json(good))
    await codeOf('opaque')
    await codeOf('other')
    expect(await codeOf('opaque', { audiences: ['other'] })).toBe('wrong-audience')
    expect(asked).toHaveLength(3)
  })

  it('and asked for once by all who come at the same time', async () => {
    const { codeOf, asked } = gateway(async () => json(good))
    expect(await Promise.all(Array.from({ length: 20 }, () => codeOf('opaque')))).toEqual(
      Array(20).fill(undefined),
    )
    expect(asked).toHaveLength(1)
  })

  it('and counts no more once the token was revoked', async () => {
    const { codeOf, revocations, asked } = gateway(() => json(good))
    await codeOf('opaque')
    const until = NOW + 600_000
    revocations.add(
      [{ position: 1, issuer: ISSUER, what: 'token', value: 'opaque-1', before: NOW, until }],
      1,
    )
    expect(await codeOf('opaque')).toBe('revoked')
    expect(asked).toHaveLength(1)
  })

  it('and is asked for again after any revocation when the token has no id of its own', async () => {
    const { codeOf, revocations, asked } = gateway(() => json({ ...good, jti: undefined }))
    await codeOf('opaque')
    const until = NOW + 600_000
    revocations.add([{ position: 1, issuer: ISSUER, what: 'token', value: 'other', before: NOW, until }], 1)
    expect(await codeOf('opaque')).toBeUndefined()
    expect(await codeOf('opaque')).toBeUndefined()
    expect(asked).toHaveLength(2)
  })
})

describe('an address that sends tokens that are no good', () => {
  it('is soon refused without asking, but not with tokens that are known', async () => {
    const { codeOf, send, asked } = gateway((request: WebRequest) =>
      json(String(request.body).includes('token=good') ? good : { active: false }),
    )
    const few = { refusedTokensPerMinute: 3 }
    expect(await codeOf('good', few)).toBeUndefined()
    for (let n = 0; n < 3; n++) expect(await codeOf(`bad-${n}`, few)).toBe('inactive')
    const { reply } = await send('bad-3', few)
    expect(reply.status).toBe(429)
    expect(reply.headers.get('retry-after')).toBe('60')
    expect(asked).toHaveLength(4)
    expect(await codeOf('good', few)).toBeUndefined()
  })

  it('is refused when nobody can count', async () => {
    const counters = {
      take: () => Promise.reject(countersFaults.unavailable()),
      close: async () => undefined,
    }
    expect(await gateway(() => json(good)).codeOf('opaque', {}, NOW, { counters })).toBe(
      'counters.unavailable',
    )
  })
})
