import type { IncomingMessage, ServerResponse } from 'node:http'
import { describe, expect, test } from 'vitest'
import { readAll, valuesOf } from '../test-kit/backend.ts'
import { call, openPlace } from '../test-kit/place.ts'
import { attach } from '../test-kit/policy.ts'
import { exchangeRaw } from '../test-kit/raw.ts'

const MEGABYTES_8 = Buffer.alloc(8 * 1024 * 1024, 'portcullis ')

describe('forwarding a call', () => {
  test.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])(
    'carries %s with its path below the base path',
    async (method) => {
      await using place = await openPlace()
      const answer = await call(place.front, '/shop/v1/things/7', { method })
      expect(answer.status).toBe(200)
      expect(place.backend.seen[0]).toMatchObject({ method, url: '/base/things/7' })
    },
  )

  test('keeps the query byte for byte', async () => {
    await using place = await openPlace()
    const query = "?a=%2F%2f&b=+%20&&c&=;d[]='x'&f=/../..//&g=%01&h=a?b"
    await exchangeRaw(
      place.front.port,
      `GET /shop/v1/things${query} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`,
    )
    await exchangeRaw(
      place.front.port,
      'GET /shop/v1/things? HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
    )
    expect(place.backend.seen.map((each) => each.url)).toEqual([`/base/things${query}`, '/base/things?'])
  })

  test('sends the path in the form in which it was matched', async () => {
    await using place = await openPlace()
    await call(place.front, '/shop/v1/things/a%2db%c3%a9')
    expect(place.backend.seen[0]?.url).toBe('/base/things/a-b%C3%A9')
  })

  test('carries 8 MB with a known length, both ways', async () => {
    await using place = await openPlace(async (message, response) => {
      const body = await readAll(message)
      response.writeHead(200, {
        'content-length': body.length,
        'x-coding': String(message.headers['transfer-encoding']),
      })
      response.end(body)
    })
    const answer = await call(
      place.front,
      '/shop/v1/things',
      { method: 'POST', headers: { 'content-length': MEGABYTES_8.length } },
      MEGABYTES_8,
    )
    expect(answer.body.equals(MEGABYTES_8)).toBe(true)
    expect(valuesOf(answer.rawHeaders, 'content-length')).toEqual([String(MEGABYTES_8.length)])
    expect(valuesOf(answer.rawHeaders, 'x-coding')).toEqual(['undefined'])
  })

  test('carries 8 MB in chunks, both ways at once', async () => {
    await using place = await openPlace((message: IncomingMessage, response: ServerResponse) => {
      response.writeHead(200, { 'x-coding': String(message.headers['transfer-encoding']) })
      message.pipe(response)
    })
    const answer = await call(place.front, '/shop/v1/things', { method: 'PUT' }, async function* () {
      for (let at = 0; at < MEGABYTES_8.length; at += 100_000) yield MEGABYTES_8.subarray(at, at + 100_000)
    })
    expect(answer.body.equals(MEGABYTES_8)).toBe(true)
    expect(valuesOf(answer.rawHeaders, 'x-coding')).toEqual(['chunked'])
    expect(valuesOf(answer.rawHeaders, 'transfer-encoding')).toEqual(['chunked'])
  })

  test('passes every piece of a stream on when it comes', async () => {
    await using place = await openPlace((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write('data: 1\n\n')
    })
    const response = await fetch(`${place.front.url}/shop/v1/things`)
    const { value } = (await response.body?.getReader().read()) ?? {}
    expect(Buffer.from(value ?? []).toString()).toBe('data: 1\n\n')
  })

  test('answers HEAD with the fields of the backend and no body', async () => {
    await using place = await openPlace((_, response) => {
      response.writeHead(200, { 'content-length': '12345', etag: '"x"' }).end()
    })
    const raw = await exchangeRaw(
      place.front.port,
      'HEAD /shop/v1/things HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
    )
    expect(raw).toMatch(/^HTTP\/1\.1 200[\s\S]*content-length: 12345\r\n[\s\S]*\r\n\r\n$/i)
  })

  test.each([204, 304])('answers %s without body, length and coding', async (status) => {
    await using place = await openPlace((_, response) => {
      response.writeHead(status, { etag: '"x"' }).end()
    })
    const one = 'GET /shop/v1/things HTTP/1.1\r\nHost: a\r\n'
    const raw = await exchangeRaw(place.front.port, `${one}\r\n${one}Connection: close\r\n\r\n`)
    const replies = raw.split(`HTTP/1.1 ${status}`).slice(1)
    expect(replies).toHaveLength(2)
    for (const reply of replies)
      expect(reply).toMatch(/^(?!.*(content-length|transfer-encoding))[\s\S]*\r\n\r\n$/i)
  })

  test('does not follow redirects', async () => {
    await using place = await openPlace((_, response) => {
      response.writeHead(302, { location: 'http://127.0.0.1:1/elsewhere' }).end()
    })
    const answer = await call(place.front, '/shop/v1/things')
    expect(answer.status).toBe(302)
    expect(valuesOf(answer.rawHeaders, 'location')).toEqual(['http://127.0.0.1:1/elsewhere'])
  })

  test('reads what a step needs ahead and still sends the whole body', async () => {
    await using place = await openPlace(undefined, {}, [attach('peek')])
    const body = Buffer.alloc(300_000, 'abcdefgh')
    const answer = await call(place.front, '/shop/v1/things', { method: 'POST' }, async function* () {
      for (let at = 0; at < body.length; at += 50_000) yield body.subarray(at, at + 50_000)
    })
    expect(answer.status).toBe(200)
    expect(place.backend.seen[0]?.body.equals(body)).toBe(true)
    expect(place.front.decisions[0]?.steps[0]).toMatchObject({ policy: 'peek', saw: { prefix: 'abcd' } })
  })

  test('refuses with 413 what is above the cap of a step, whether its length was told or not', async () => {
    await using place = await openPlace(undefined, {}, [attach('poke', { refuse: 'evil' })])
    const told = await call(
      place.front,
      '/shop/v1/things',
      { method: 'POST', headers: { 'content-length': 1001 } },
      Buffer.alloc(1001),
    )
    const untold = await call(place.front, '/shop/v1/things', { method: 'POST' }, async function* () {
      for (let i = 0; i < 11; i++) yield Buffer.alloc(100)
    })
    const fits = await call(
      place.front,
      '/shop/v1/things',
      { method: 'POST', headers: { 'content-length': 1000 } },
      Buffer.alloc(1000),
    )
    const evil = await call(place.front, '/shop/v1/things', { method: 'POST' }, Buffer.from('so evil'))
    expect([told.status, untold.status, fits.status, evil.status]).toEqual([413, 413, 200, 403])
    expect(place.backend.seen.map((each) => each.body.length)).toEqual([1000])
  })
})
