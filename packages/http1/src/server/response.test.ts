import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { StreamedBody } from '../body/streamed-body.ts'
import { atRest } from '../fixture/at-rest.ts'
import type { Response } from '../message.ts'
import { openServer, text } from './fixture/open-server.ts'

const HOST = 'Host: a\r\n'
const CLOSE = 'Connection: close\r\n'
const request = (method = 'GET', version = '1.1'): string =>
  `${method} / HTTP/${version}\r\n${HOST}${CLOSE}\r\n`
const source = { pause: () => undefined, resume: () => undefined, abandon: () => undefined }

/** The fields in lower case but Date, and what follows them. */
function partsOf(raw: string): { head: string[]; body: string } {
  const end = raw.indexOf('\r\n\r\n')
  const lines = raw.slice(0, end).split('\r\n').slice(1)
  const head = lines.map((line) => line.toLowerCase()).filter((line) => !line.startsWith('date:'))
  return { head: head.filter((line) => line !== 'connection: close'), body: raw.slice(end + 4) }
}

async function* pieces(...each: string[]): AsyncGenerator<Uint8Array> {
  for (const piece of each) {
    await sleep(5)
    yield Buffer.from(piece)
  }
}

async function answer(response: () => Response, sent = request()): Promise<{ head: string[]; body: string }> {
  await using place = await openServer(response)
  return partsOf(await place.exchange(sent))
}

describe('a response', () => {
  test('states the length of what is there, whatever its maker said', async () => {
    const fields = [
      'X-A',
      '1',
      'Content-Length',
      '99',
      'Transfer-Encoding',
      'chunked',
      'Connection',
      'keep-alive',
    ]
    expect(await answer(() => text('hello', fields))).toEqual({
      head: ['x-a: 1', 'content-length: 5'],
      body: 'hello',
    })
  })

  test('states that there is nothing', async () => {
    expect(await answer(() => ({ status: 200, fields: [], body: undefined }))).toEqual({
      head: ['content-length: 0'],
      body: '',
    })
  })

  test.each([204, 304])('has neither body nor length with %i', async (status) => {
    expect(await answer(() => ({ ...text('hello'), status }), request())).toEqual({
      head: status === 304 ? ['content-length: 5'] : [],
      body: '',
    })
  })

  test('has the length and no body for HEAD, and lets go of a stream', async () => {
    const returned = Promise.withResolvers<IteratorResult<Uint8Array>>()
    const iterator = {
      next: () => returned.promise,
      return() {
        returned.resolve({ done: true, value: undefined })
        return returned.promise
      },
    }
    const body = { [Symbol.asyncIterator]: () => iterator }
    expect(await answer(() => text('hello'), request('HEAD'))).toEqual({
      head: ['content-length: 5'],
      body: '',
    })
    const declared = (): Response => ({ status: 200, fields: ['Content-Length', '7'], body })
    expect(await answer(declared, request('HEAD'))).toEqual({ head: ['content-length: 7'], body: '' })
    expect(await returned.promise).toMatchObject({ done: true })
  })

  test('streams in chunks, each as it comes', async () => {
    await using place = await openServer(() => ({ status: 200, fields: [], body: pieces('one', 'two') }))
    const client = (await place.connect()).send(request())
    expect(await client.until('\r\n\r\n')).toContain('Transfer-Encoding: chunked')
    await client.until('3\r\none\r\n')
    expect(partsOf(await client.end()).body).toBe('3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n')
  })

  test('streams without chunks when its length is declared', async () => {
    const response = (): Response => ({
      status: 200,
      fields: ['content-length', '6'],
      body: pieces('one', 'two'),
    })
    expect(await answer(response)).toEqual({ head: ['content-length: 6'], body: 'onetwo' })
  })

  test('streams without chunks to HTTP/1.0 and ends with the connection', async () => {
    const sent = `GET / HTTP/1.0\r\n${HOST}Connection: keep-alive\r\n\r\n`
    const response = (): Response => ({ status: 200, fields: [], body: pieces('one', 'two') })
    expect(await answer(response, sent)).toEqual({ head: [], body: 'onetwo' })
  })

  test('needs no chunks when a stream has ended before it is sent', async () => {
    const body = new StreamedBody(source)
    body.push(Buffer.from('hel'))
    body.push(Buffer.from('lo'))
    body.end()
    expect(await answer(() => ({ status: 200, fields: [], body }))).toEqual({
      head: ['content-length: 5'],
      body: 'hello',
    })
  })

  test('carries eight megabytes in one piece, by length and in chunks', async () => {
    const large = Buffer.alloc(8_000_000, 'x')
    async function* cut(): AsyncGenerator<Uint8Array> {
      for (let i = 0; i < large.length; i += 100_000) yield large.subarray(i, i + 100_000)
    }
    expect((await answer(() => ({ status: 200, fields: [], body: large }))).body).toHaveLength(8_000_000)
    const declared = (): Response => ({ status: 200, fields: ['Content-Length', '8000000'], body: cut() })
    expect((await answer(declared)).body).toHaveLength(8_000_000)
    const chunked = await answer(() => ({ status: 200, fields: [], body: cut() }))
    expect(chunked.body.match(/x+/g)?.join('')).toHaveLength(8_000_000)
  })

  test('leaves head and body in one piece when both are there', async () => {
    await using place = await openServer(() => text('hello'))
    const client = await place.connect()
    const reads: string[] = []
    client.socket.on('data', (piece: string) => reads.push(piece))
    await client.send(request()).end()
    expect(reads).toHaveLength(1)
  })

  test('has a date, and keeps that of its maker', async () => {
    await using place = await openServer(() => text('x'))
    expect(await place.exchange(request())).toMatch(
      /\r\nDate: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r\n/,
    )
    await using other = await openServer(() => text('x', ['date', 'then']))
    expect((await other.exchange(request())).match(/date:/gi)).toHaveLength(1)
  })

  test.each<[string, Partial<Response>]>([
    ['a line break in a value', { fields: ['X', 'a\r\nSet-Cookie: b'] }],
    ['a character that would be cut to a line break', { fields: ['X', 'a\u010d\u010aSet-Cookie: b'] }],
    ['a NUL', { fields: ['X', 'a\0'] }],
    ['a name with a blank', { fields: ['X y', 'a'] }],
    ['an empty name', { fields: ['', 'a'] }],
    ['a length that is none', { fields: ['Content-Length', '5, 5'] }],
    ['a status below all', { status: 99 }],
    ['a status that is none of a final response', { status: 101 }],
    ['a status above all', { status: 600 }],
  ])('is never sent with %s', async (_, wrong) => {
    await using place = await openServer(() => ({ ...text('x'), ...wrong }))
    expect(await place.exchange(request())).toBe('')
    expect(place.cut).toHaveLength(1)
    expect(place.server.counts()).toMatchObject({ connections: 0, requests: 0 })
  })

  test.each<[string, string, AsyncIterable<Uint8Array>]>([
    ['more than it declares', '4', pieces('one', 'two')],
    ['less than it declares', '9', pieces('one', 'two')],
  ])('is cut off when it has %s', async (_, length, body) => {
    await using place = await openServer(() => ({ status: 200, fields: ['Content-Length', length], body }))
    expect(partsOf(await place.exchange(request())).body).not.toHaveLength(Number(length))
    expect(place.cut).toHaveLength(1)
  })

  test('gives its maker up when it is cut off for having more than it declares', async () => {
    const given = Promise.withResolvers<void>()
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield* pieces('one')
      } finally {
        given.resolve()
      }
    }
    await using place = await openServer(() => ({
      status: 200,
      fields: ['Content-Length', '4'],
      body: endless(),
    }))
    await place.exchange(request())
    await given.promise
  })

  test('is cut off when its maker fails, so that it never looks whole', async () => {
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('half')
      throw new Error('no more')
    }
    await using place = await openServer(() => ({ status: 200, fields: [], body: failing() }))
    const raw = await place.exchange(request())
    expect(raw).toContain('half')
    expect(raw).not.toContain('0\r\n\r\n')
    expect(place.cut.map((each) => each.message)).toEqual(['no more'])
    expect(place.server.counts()).toMatchObject({ connections: 0, requests: 0 })
  })

  test('waits for a slow reader and keeps little of what it did not take', async () => {
    let made = 0
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (; made < 500_000_000; made += 65_536) yield Buffer.alloc(65_536)
    }
    await using place = await openServer(() => ({ status: 200, fields: [], body: endless() }))
    const client = (await place.connect()).send(request())
    client.socket.pause()
    await expect
      .poll(
        atRest(() => made),
        { interval: 100 },
      )
      .toBe(true)
    expect(made).toBeLessThan(20_000_000)
  })
})

describe('an interim response', () => {
  test('goes before the final one, and not after that has begun', async () => {
    await using place = await openServer(async (request) => {
      request.inform(103, ['Link', '</a.css>; rel=preload', 'Content-Length', '9'])
      await sleep(20)
      setTimeout(() => request.inform(103, []), 30)
      return { status: 200, fields: [], body: pieces('one', 'two', 'three', 'four', 'five', 'six', 'seven') }
    })
    const client = (await place.connect()).send(request())
    expect(await client.until('\r\n\r\n')).toBe(
      'HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n',
    )
    expect((await client.end()).match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 103', 'HTTP/1.1 200'])
  })

  test('is kept from HTTP/1.0, which knows none', async () => {
    await using place = await openServer((each) => {
      each.inform(103, [])
      return text('x')
    })
    expect(await place.exchange(request('GET', '1.0'))).toMatch(/^HTTP\/1\.1 200/)
  })

  test.each([99, 101, 200])('is never one with status %i', async (status) => {
    await using place = await openServer((each) => {
      each.inform(status, [])
      return text('x')
    })
    expect(await place.exchange(request())).toBe('')
    expect(place.failures).toHaveLength(1)
  })
})
