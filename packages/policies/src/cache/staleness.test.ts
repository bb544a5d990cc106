import { principalOf } from '@portcullis/policy-kit/test-principal'
import { beforeEach, describe, expect, it } from 'vitest'
import { get, NOON, openPlace, read, saying, stream } from './test-place.ts'

const alice = { principal: principalOf({ subject: 'alice' }) }
const bob = { principal: principalOf({ subject: 'bob' }) }

describe('the cache, about what it keeps,', () => {
  let place: ReturnType<typeof openPlace>
  beforeEach(() => {
    place = openPlace()
    place.backend = saying('max-age=60')
  })

  describe('asking again', () => {
    beforeEach(() => {
      place.backend = ({ headers }) =>
        headers.get('if-none-match') === '"1"'
          ? { status: 304, fields: { 'Cache-Control': 'max-age=60', ETag: '"1"', 'X-New': '1' }, body: null }
          : { fields: { 'Cache-Control': 'max-age=60', ETag: '"1"', 'X-New': '0' } }
    })

    it('lets the backend say that what is kept is still good', async () => {
      await place.call()
      place.clock.time += 60_000
      const renewed = await place.call()
      expect(renewed).toMatchObject({ status: 200, text: 'reply 1' })
      expect(renewed.headers.all('x-new')).toEqual(['1'])
      expect(renewed.headers.get('age')).toBe('0')
      expect(renewed.headers.get('content-type')).toBe('text/plain')
      expect(renewed.headers.get('cache-status')).toContain('fwd=stale; fwd-status=304')
      place.clock.time += 59_000
      expect((await place.call()).text).toBe('reply 1')
      expect(place.fetched).toHaveLength(2)
    })

    it.each([
      [{ 'if-none-match': '"1"' }, 304],
      [{ 'if-none-match': '"0", W/"1"' }, 304],
      [{ 'if-none-match': '*' }, 304],
      [{ 'if-none-match': '"2"' }, 200],
      [{ 'if-none-match': '1' }, 200],
      [{ 'if-none-match': '"2"', 'if-modified-since': new Date(NOON + 1e9).toUTCString() }, 200],
    ])('answers %j itself with %s, fresh or after asking', async (headers, status) => {
      await place.call()
      for (const wait of [0, 60_000]) {
        place.clock.time += wait
        const answer = await place.call({ headers: headers as Record<string, string> })
        expect(answer).toMatchObject({ status, text: status === 304 ? '' : 'reply 1' })
        expect(answer.headers.get('etag')).toBe('"1"')
      }
    })

    it.each([
      [new Date(NOON).toUTCString(), 304],
      [new Date(NOON - 1_000).toUTCString(), 200],
      ['yesterday', 200],
    ])('answers If-Modified-Since: %s itself with %s', async (since, status) => {
      place.backend = saying('max-age=60', { 'Last-Modified': new Date(NOON).toUTCString() })
      await place.call()
      expect((await place.call(get({ 'if-modified-since': since }))).status).toBe(status)
    })

    it('asks with what is kept, not with what the caller has', async () => {
      await place.call()
      place.clock.time += 60_000
      await place.call(get({ 'if-none-match': '"9"', 'if-modified-since': new Date(NOON).toUTCString() }))
      expect(place.fetched[1]?.headers.all('if-none-match')).toEqual(['"1"'])
      expect(place.fetched[1]?.headers.has('if-modified-since')).toBe(false)
    })

    it('passes the condition of a caller on where nothing is kept, and keeps no 304', async () => {
      expect((await place.call(get({ 'if-none-match': '"1"' }))).status).toBe(304)
      expect((await place.call()).text).toBe('reply 2')
    })

    it('asks every time where the backend says no-cache', async () => {
      const { backend } = place
      place.backend = (seen) => ({
        ...backend(seen),
        fields: { ...backend(seen).fields, 'Cache-Control': 'no-cache' },
      })
      expect(await place.texts({}, {}, {})).toEqual(['reply 1', 'reply 1', 'reply 1'])
      expect(place.fetched).toHaveLength(3)
    })

    it('lets go of what is kept when the backend says something else', async () => {
      await place.call()
      place.clock.time += 60_000
      place.backend = saying('no-store')
      await place.call()
      place.backend = saying('max-age=60')
      expect((await place.call()).text).toBe('reply 3')
    })
  })

  describe('when the backend fails', () => {
    it.each([
      [{ status: 503 }, 'stale-if-error=30', 'reply 1'],
      [{ status: 504, fails: true }, 'stale-if-error=30', 'reply 1'],
      [{ status: 503 }, 'stale-if-error=30, must-revalidate', 'reply 2'],
      [{ status: 503 }, 'stale-if-error=10', 'reply 2'],
      [{ status: 503 }, 'x', 'reply 2'],
      [{ status: 404 }, 'stale-if-error=30', 'reply 2'],
    ])('with %j after "%s" answers %s', async (failure, said, text) => {
      place.backend = saying(`max-age=60, ${said}`)
      await place.call()
      place.clock.time += 80_000
      place.backend = () => failure
      expect((await place.call()).text).toBe(text)
    })

    it('keeps no refusal, not even of a fault that looks like a reply', async () => {
      place.backend = () => ({ status: 404, fails: true, fields: { 'Cache-Control': 'max-age=60' } })
      expect(await place.texts({}, {})).toEqual(['reply 1', 'reply 2'])
    })
  })

  describe('changes', () => {
    it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'PURGE'])(
      'by %s make stale what is kept of the path',
      async (method) => {
        const page = { target: '/warehouse/v1/items?page=2' }
        await place.texts({}, page)
        await place.call({ method })
        expect(await place.texts({}, page)).toEqual(['reply 4', 'reply 5'])
      },
    )

    it('that the backend refuses change nothing', async () => {
      await place.call()
      place.backend = () => ({ status: 403 })
      await place.call({ method: 'PUT' })
      expect((await place.call()).text).toBe('reply 1')
    })

    it('while a reply is under way are not overlooked', async () => {
      place.backend = () => ({ fields: { 'Cache-Control': 'max-age=60' }, body: stream('old') })
      const { x, reply } = await place.begin()
      await place.call({ method: 'PUT' })
      await read(reply.body)
      x.over()
      place.backend = saying('max-age=60')
      expect((await place.call()).text).toBe('reply 3')
    })
  })

  describe('with stale-while-revalidate (RFC 5861 §3)', () => {
    const STALE = 'Portcullis; hit; ttl=-20'
    beforeEach(async () => {
      place.backend = saying('max-age=60, stale-while-revalidate=30', { ETag: '"1"' })
      await place.call()
      place.clock.time += 80_000
    })

    it('answers all callers at once with what is kept, and asks once behind the first', async () => {
      for (const _ of [1, 2, 3]) {
        const { text, headers } = await place.call()
        expect([text, headers.get('cache-status')]).toEqual(['reply 1', STALE])
      }
      place.backend = () => ({ fields: { 'Cache-Control': 'max-age=60' }, body: stream('new') })
      expect(await place.answerBehind()).toBe(1)
      expect(place.fetched[1]?.headers.all('if-none-match')).toEqual(['"1"'])
      expect((await place.call()).text).toBe('new')
    })

    it('asks with what is kept, whatever the caller has, who gets a 304 where that is all he needs', async () => {
      const had = { 'if-none-match': '"1", "9"', 'if-modified-since': new Date(NOON).toUTCString() }
      expect((await place.call(get(had))).status).toBe(304)
      place.backend = () => ({ status: 304, fields: { 'Cache-Control': 'max-age=60' }, body: null })
      await place.answerBehind()
      expect(place.fetched[1]?.headers.all('if-none-match')).toEqual(['"1"'])
      expect(place.fetched[1]?.headers.has('if-modified-since')).toBe(false)
      const renewed = await place.call()
      expect([renewed.text, renewed.headers.get('age')]).toEqual(['reply 1', '0'])
    })

    it('asks again behind the next where the backend failed or was not reached', async () => {
      for (const failure of [{ status: 503 }, { status: 502, fails: true }]) {
        expect((await place.call()).text).toBe('reply 1')
        place.backend = () => failure
        expect(await place.answerBehind()).toBe(1)
      }
      expect((await place.call()).text).toBe('reply 1')
    })

    it.each([
      ['max-age=90', {}],
      ['no-cache', {}],
      ['', { time: 20_000 }],
    ])('lets callers wait who say %j, or come too late', async (said, { time = 0 }: { time?: number }) => {
      place.clock.time += time
      expect((await place.call(said === '' ? {} : get({ 'cache-control': said }))).text).toBe('reply 2')
      expect(await place.answerBehind()).toBe(0)
    })

    it('lets a HEAD wait, which brings nothing to keep', async () => {
      expect((await place.call({ method: 'HEAD' })).headers.get('cache-status')).toContain('fwd=stale')
      expect(await place.answerBehind()).toBe(0)
    })
  })

  describe('callers', () => {
    it.each<[string, string, number]>([
      ['no-cache', 'reply 2', 2],
      ['no-store', 'reply 2', 2],
      ['max-age=5', 'reply 2', 2],
      ['max-age=10', 'reply 1', 1],
      ['min-fresh=51', 'reply 2', 2],
      ['min-fresh=49', 'reply 1', 1],
      ['only-if-cached', 'reply 1', 1],
    ])('may say %s', async (said, text, count) => {
      await place.call()
      place.clock.time += 10_000
      expect((await place.call(get({ 'cache-control': said }))).text).toBe(text)
      expect(place.fetched).toHaveLength(count)
    })

    it('who want only what is kept are told when there is nothing', async () => {
      expect((await place.call(get({ 'cache-control': 'only-if-cached' }))).status).toBe(504)
      expect(place.fetched).toHaveLength(0)
    })

    it('are not heeded where that is set', async () => {
      place = openPlace({ obeyCallers: false })
      place.backend = saying('max-age=60')
      expect(
        await place.texts({}, get({ 'cache-control': 'no-cache' }), get({ pragma: 'no-cache' })),
      ).toEqual(['reply 1', 'reply 1', 'reply 1'])
    })
  })

  describe('calls at once', () => {
    it('for one missing reply ask the backend once', async () => {
      const first = await place.begin()
      const others = [place.call(), place.call(), place.call()]
      await read(first.reply.body)
      first.x.over()
      expect((await Promise.all(others)).map(({ text }) => text)).toEqual(['reply 1', 'reply 1', 'reply 1'])
      expect(place.fetched).toHaveLength(1)
    })

    it('go on alone as soon as it is seen that the reply cannot be kept, and do not wait again', async () => {
      place.backend = saying('no-store')
      const steps = [place.call(), place.call(), place.call()]
      expect(new Set((await Promise.all(steps)).map(({ text }) => text)).size).toBe(3)
      const slow = await place.begin()
      expect((await place.call()).text).toBe('reply 5')
      slow.x.over()
    })

    it('are fetched by the next when the one that fetches is given up', async () => {
      place.backend = () => ({ fields: { 'Cache-Control': 'max-age=60' }, body: stream('whole') })
      const first = await place.begin()
      const others = [place.call(), place.call()]
      await (first.reply.body as AsyncGenerator).return(undefined)
      first.x.over()
      expect((await Promise.all(others)).map(({ text }) => text)).toEqual(['whole', 'whole'])
      expect(place.fetched).toHaveLength(2)
    })

    it('never get what is for another: who waited with credentials asks alone', async () => {
      const first = place.call(alice)
      const other = place.call(bob)
      expect([(await first).text, (await other).text]).toEqual(['reply 1', 'reply 2'])
    })

    it('do not wait for one that is only observed', async () => {
      place = openPlace({}, 'observe')
      place.backend = saying('max-age=60')
      await place.begin()
      expect((await place.call()).text).toBe('reply 2')
    })
  })
})
