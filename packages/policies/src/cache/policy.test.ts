import type { ExchangeOptions } from '@portcullis/policy-kit/test-kit'
import { testRevision } from '@portcullis/policy-kit/test-kit'
import { principalOf } from '@portcullis/policy-kit/test-principal'
import { beforeEach, describe, expect, it } from 'vitest'
import { cacheContract } from './contract.ts'
import { get, NOON, openPlace, saying, stream } from './test-place.ts'

const alice = { principal: principalOf({ subject: 'alice' }) }
const bob = { principal: principalOf({ subject: 'bob' }) }

describe('cache', () => {
  let place: ReturnType<typeof openPlace>
  beforeEach(() => {
    place = openPlace()
    place.backend = saying('max-age=60')
  })

  it('answers with what it keeps while that is fresh, and says how old it is', async () => {
    const first = await place.call()
    expect(first.headers.get('cache-status')).toBe('Portcullis; fwd=uri-miss; fwd-status=200; stored')
    place.clock.time += 10_000
    const second = await place.call()
    expect(second.text).toBe('reply 1')
    expect(second.headers.get('age')).toBe('10')
    expect(second.headers.get('cache-status')).toBe('Portcullis; hit; ttl=50')
    expect(second.headers.get('content-type')).toBe('text/plain')
    place.clock.time += 50_000
    expect((await place.call()).text).toBe('reply 2')
  })

  it('keeps a body that streams, once all of it was read', async () => {
    place.backend = () => ({ fields: { 'Cache-Control': 'max-age=60' }, body: stream('a', 'b') })
    expect(await place.texts({}, {})).toEqual(['ab', 'ab'])
    expect(place.fetched).toHaveLength(1)
  })

  it('keeps nothing of a body that broke off', async () => {
    place.backend = () => ({
      fields: { 'Cache-Control': 'max-age=60' },
      body: (async function* () {
        yield Buffer.from('half')
        throw new Error('gone')
      })(),
    })
    await expect(place.call()).rejects.toThrow()
    await expect(place.call()).rejects.toThrow()
    expect(place.fetched).toHaveLength(2)
  })

  it('answers HEAD with what it keeps of GET, and keeps nothing of HEAD', async () => {
    await place.call({ method: 'HEAD' })
    await place.call()
    const head = await place.call({ method: 'HEAD' })
    expect(head.text).toBe('')
    expect(head.headers.get('cache-status')).toContain('hit')
    expect(place.fetched.map(({ method }) => method)).toEqual(['HEAD', 'GET'])
  })

  it.each<[string, number, Record<string, string>, boolean]>([
    ['max-age', 200, { 'Cache-Control': 'max-age=60' }, true],
    ['s-maxage before max-age', 200, { 'Cache-Control': 'max-age=0, s-maxage=60' }, true],
    [
      'Expires',
      200,
      { Date: new Date(NOON).toUTCString(), Expires: new Date(NOON + 60_000).toUTCString() },
      true,
    ],
    ['Expires: 0', 200, { Expires: '0' }, false],
    ['Expires beside max-age', 200, { 'Cache-Control': 'max-age=60', Expires: '0' }, true],
    ['nothing about time', 200, {}, false],
    ['an ETag and nothing about time', 200, { ETag: '"1"' }, false],
    ['what cannot be read', 200, { 'Cache-Control': 'max-age=soon' }, false],
    ['no-store', 200, { 'Cache-Control': 'max-age=60, no-store' }, false],
    ['private', 200, { 'Cache-Control': 'private, max-age=60' }, false],
    ['private for a field', 200, { 'Cache-Control': 'max-age=60, private="a, b"' }, false],
    ['no-cache without validator', 200, { 'Cache-Control': 'no-cache, max-age=60' }, false],
    ['Set-Cookie', 200, { 'Cache-Control': 'public, max-age=60', 'Set-Cookie': 'a=1' }, false],
    ['Vary: *', 200, { 'Cache-Control': 'max-age=60', Vary: '*' }, false],
    ['Vary: a, *', 200, { 'Cache-Control': 'max-age=60', Vary: 'a, *' }, false],
    ['an age that is over', 200, { 'Cache-Control': 'max-age=60', Age: '60' }, false],
    ['404', 404, { 'Cache-Control': 'max-age=60' }, true],
    ['500', 500, { 'Cache-Control': 'max-age=60' }, false],
    ['206', 206, { 'Cache-Control': 'max-age=60', 'Content-Range': 'bytes 0-1/2' }, false],
    ['302', 302, { 'Cache-Control': 'max-age=60' }, false],
    ['events', 200, { 'Cache-Control': 'max-age=60', 'Content-Type': 'text/event-stream' }, false],
  ])('of a reply with %s (%s) decides whether it is kept', async (_, status, fields, isKept) => {
    place.backend = () => ({ status, fields })
    await place.texts({}, {})
    expect(place.fetched).toHaveLength(isKept ? 1 : 2)
  })

  it('keeps what says nothing of its time for as long as is set, and not what says otherwise', async () => {
    place = openPlace({ freshFor: '30s' })
    expect(await place.texts({}, {})).toEqual(['reply 1', 'reply 1'])
    place.clock.time += 30_000
    place.backend = saying('no-store')
    expect(await place.texts({}, {})).toEqual(['reply 2', 'reply 3'])
  })

  describe('between callers', () => {
    const withToken = get({ authorization: 'Bearer a' })
    const otherToken = get({ authorization: 'Bearer b' })

    it.each<[string, ExchangeOptions, ExchangeOptions]>([
      ['tokens', withToken, otherToken],
      ['one token', withToken, withToken],
      ['principals', alice, bob],
      ['cookies', get({ cookie: 'a=1' }), get({ cookie: 'a=2' })],
      ['a token and none', withToken, {}],
    ])('shares nothing of %s, unless the backend says public or s-maxage', async (_, one, other) => {
      expect(await place.texts(one, other)).toEqual(['reply 1', 'reply 2'])
      for (const shared of ['public, max-age=60', 's-maxage=60']) {
        const sharing = openPlace()
        sharing.backend = saying(shared)
        expect(await sharing.texts(one, other)).toEqual(['reply 1', 'reply 1'])
      }
    })

    it('keeps for each identity alone, where that is wanted, what is private too', async () => {
      for (const said of ['max-age=60', 'private, max-age=60']) {
        place = openPlace({ perIdentity: true })
        place.backend = saying(said)
        expect(await place.texts(alice, bob, alice, bob)).toEqual([
          'reply 1',
          'reply 2',
          'reply 1',
          'reply 2',
        ])
        expect(await place.texts(withToken, otherToken, withToken)).toEqual(['reply 3', 'reply 4', 'reply 3'])
      }
    })

    it('gives nothing of an identity to those who have none', async () => {
      place = openPlace({ perIdentity: true })
      place.backend = saying('max-age=60')
      expect(await place.texts(alice, {}, {}, alice)).toEqual(['reply 1', 'reply 2', 'reply 2', 'reply 1'])
    })

    it('does not keep what sets a cookie, for nobody', async () => {
      place = openPlace({ perIdentity: true })
      place.backend = saying('public, max-age=60', { 'Set-Cookie': 'session=1' })
      expect(await place.texts(alice, alice, {}, {})).toEqual(['reply 1', 'reply 2', 'reply 3', 'reply 4'])
    })
  })

  describe('against poisoning', () => {
    const evil = 'evil.example'
    it.each<[string, ExchangeOptions]>([
      ['the host', get({ host: evil })],
      ['the query', { target: '/warehouse/v1/items?utm=1' }],
      ['the order of the query', { target: '/warehouse/v1/items?b&a' }],
      ['Accept', get({ accept: 'text/html' })],
      ['Accept-Encoding', get({ 'accept-encoding': 'br' })],
      ['Accept-Language', get({ 'accept-language': 'de' })],
      ['Origin', get({ origin: `https://${evil}` })],
    ])('tells requests apart by %s although the backend does not say so', async (_, poisoned) => {
      expect(await place.texts(poisoned, {}, poisoned)).toEqual(['reply 1', 'reply 2', 'reply 1'])
    })

    it.each([
      'X-Host',
      'X-Original-URL',
      'X-HTTP-Method-Override',
      'X-Backend',
      'X-Forwarded-Scheme',
      'Prefer',
    ])('keeps no reply to a request with %s, which the backend may heed', async (name) => {
      const { headers } = await place.call(get({ [name]: evil }))
      expect(headers.get('cache-status')).toBe(`Portcullis; fwd=bypass; detail="${name.toLowerCase()}"`)
      expect((await place.call()).text).toBe('reply 2')
    })

    it('keeps replies to requests with a field that is part of the key, or said to be harmless', async () => {
      place = openPlace({ key: ['X-Tenant'], ignore: ['X-Trace'] })
      place.backend = saying('max-age=60')
      const of = (tenant: string, trace: string) => get({ 'X-Tenant': tenant, 'X-Trace': trace })
      expect(await place.texts(of('a', '1'), of('b', '1'), of('a', '2'))).toEqual([
        'reply 1',
        'reply 2',
        'reply 1',
      ])
    })

    it('knows one path by one name', async () => {
      expect(
        await place.texts({ target: '/warehouse/v1/%69tems' }, { target: '/warehouse/v1/items' }),
      ).toEqual(['reply 1', 'reply 1'])
    })

    it('keeps apart what one path means in two operations', async () => {
      // Such as a page that a deceived user was led to: the operation is what the contract says, whatever the path ends in.
      const revision = testRevision({}, { version: 'v2' })
      expect(await place.texts({}, { revision }, { revision })).toEqual(['reply 1', 'reply 2', 'reply 2'])
    })

    it.each(['range', 'if-range', 'if-match', 'if-unmodified-since'])(
      'has nothing to do with %s',
      async (name) => {
        await place.call()
        expect((await place.call(get({ [name]: '"x"' }))).text).toBe('reply 2')
        expect((await place.call()).text).toBe('reply 1')
      },
    )

    it('keeps nothing that is larger than allowed, announced or not', async () => {
      place = openPlace({ maxReplyBytes: 4 })
      const body = () => stream('abc', 'de')
      place.backend = () => ({ fields: { 'Cache-Control': 'max-age=60' }, body: body() })
      expect(await place.texts({}, {})).toEqual(['abcde', 'abcde'])
      place.backend = () => ({
        fields: { 'Cache-Control': 'max-age=60', 'Content-Length': '5' },
        body: body(),
      })
      expect(await place.texts({}, {})).toEqual(['abcde', 'abcde'])
      expect(place.fetched).toHaveLength(4)
    })

    it('keeps no more than allowed in all; what was not used for longest goes first', async () => {
      place = openPlace({ maxBytes: 65_536, maxReplyBytes: 30_000 })
      place.backend = () => ({ fields: { 'Cache-Control': 'max-age=60' }, body: Buffer.alloc(25_000) })
      const item = (id: number) => ({ target: `/warehouse/v1/items?id=${id}` })
      await place.texts(item(1), item(2), item(1), item(3), item(1), item(2))
      expect(place.fetched).toHaveLength(4)
    })

    it('hands out a copy of the fields, so that what later steps do to one reply stays with it', async () => {
      await place.call()
      const { headers } = await place.call()
      headers.set('Content-Type', 'changed')
      expect((await place.call()).headers.get('content-type')).toBe('text/plain')
    })
  })

  describe('with Vary', () => {
    it('keeps a reply for each value of the fields that the backend names', async () => {
      place = openPlace({ ignore: ['X-Shade'] })
      place.backend = saying('max-age=60', { Vary: 'X-Shade, Accept' })
      const shade = (value: string) => get({ 'X-Shade': value })
      expect(await place.texts(shade('a'), shade('b'), shade('a'), {}, shade(''))).toEqual([
        'reply 1',
        'reply 2',
        'reply 1',
        'reply 3',
        'reply 4',
      ])
    })
  })

  it.each([{ maxBytes: 1 }, { freshFor: '0s' }, { freshFor: '2d' }, { key: ['a b'] }, { shared: true }])(
    'is not published with %j',
    (config) => {
      expect(cacheContract.config.safeParse(config).success).toBe(false)
    },
  )
})
