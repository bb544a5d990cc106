import { describe, expect, test } from 'vitest'
import { valuesOf } from '../test-kit/backend.ts'
import { call, openPlace } from '../test-kit/place.ts'
import { exchangeRaw } from '../test-kit/raw.ts'

describe('the fields of a forwarded call', () => {
  test('keeps fields that come more than once, in their order and spelling', async () => {
    await using place = await openPlace((_, response) => {
      response.writeHead(200, ['Set-Cookie', 'a=1', 'X-One', 'é', 'Set-Cookie', 'b=2; Path=/']).end('{}')
    })
    const answer = await call(place.front, '/shop/v1/things')
    expect(valuesOf(answer.rawHeaders, 'set-cookie')).toEqual(['a=1', 'b=2; Path=/'])
    expect(answer.rawHeaders.slice(0, 6)).toEqual([
      'Set-Cookie',
      'a=1',
      'X-One',
      'é',
      'Set-Cookie',
      'b=2; Path=/',
    ])
  })

  test('sends the caller’s fields as they are, repeated ones too', async () => {
    await using place = await openPlace()
    await exchangeRaw(
      place.front.port,
      'GET /shop/v1/things HTTP/1.1\r\nHost: a\r\nX-Two: 1\r\nx-two: 2\r\nCookie: c=d\r\nConnection: close\r\n\r\n',
    )
    const raw = place.backend.seen[0]?.rawHeaders ?? []
    expect(valuesOf(raw, 'x-two')).toEqual(['1', '2'])
    expect(valuesOf(raw, 'cookie')).toEqual(['c=d'])
    expect(raw).toContain('X-Two')
  })

  test('lets no field of a connection through, in either direction (RFC 9110 §7.6.1)', async () => {
    await using place = await openPlace(async (message, response) => {
      place.backend.seen.push({ method: '', url: '', rawHeaders: message.rawHeaders, body: Buffer.alloc(0) })
      response
        .writeHead(200, [
          'Connection',
          'close, X-Hop',
          'X-Hop',
          '1',
          'Keep-Alive',
          'timeout=99',
          'Proxy-Connection',
          'x',
          'Trailer',
          'X-T',
          'Upgrade',
          'h3',
          'X-End',
          '1',
        ])
        .end('{}')
    })
    const answer = await exchangeRaw(
      place.front.port,
      'GET /shop/v1/things HTTP/1.1\r\nHost: a\r\nConnection: close, X-Secret-Hop\r\nX-Secret-Hop: 1\r\nKeep-Alive: 5\r\nTE: trailers\r\nTrailer: X\r\nProxy-Connection: x\r\nProxy-Authorization: x\r\nX-Mine: 1\r\n\r\n',
    )
    const sent = (place.backend.seen[0]?.rawHeaders ?? [])
      .filter((_, i) => i % 2 === 0)
      .map((each) => each.toLowerCase())
    for (const name of ['x-secret-hop', 'keep-alive', 'trailer', 'proxy-connection', 'proxy-authorization']) {
      expect(sent).not.toContain(name)
    }
    expect(sent).toContain('x-mine')
    for (const name of ['x-hop', 'proxy-connection', 'upgrade', 'timeout=99']) {
      expect(answer.toLowerCase()).not.toContain(`\r\n${name}`)
    }
    expect(answer.toLowerCase()).toContain('\r\nx-end: 1')
  })

  test('states afresh who calls, whatever the caller states (RFC 7239 §8.1)', async () => {
    await using place = await openPlace()
    await exchangeRaw(
      place.front.port,
      [
        'GET /shop/v1/things HTTP/1.1',
        'Host: api.example:8080',
        'X-Forwarded-For: 10.0.0.1',
        'x-forwarded-for: 10.0.0.2',
        'X-Forwarded-Proto: https',
        'X-Forwarded-Host: evil',
        'X-Forwarded-Port: 1',
        'Forwarded: for=10.0.0.1',
        'X-Real-IP: 10.0.0.1',
        'Portcullis-Subject: admin',
        'portcullis_subject: admin',
        'X_Forwarded_For: 10.0.0.3',
        'X-HTTP-Method-Override: DELETE',
        'X-Original-URL: /admin',
        'X_Original_Uri: /admin',
        'Proxy: http://evil.example',
        'True-Client-IP: 10.0.0.1',
        'Connection: close',
        '',
        '',
      ].join('\r\n'),
    )
    const raw = place.backend.seen[0]?.rawHeaders ?? []
    const names = raw.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase())
    expect(valuesOf(raw, 'x-forwarded-for')).toEqual(['127.0.0.1'])
    expect(valuesOf(raw, 'x-forwarded-proto')).toEqual(['http'])
    expect(valuesOf(raw, 'x-forwarded-host')).toEqual(['api.example:8080'])
    expect(valuesOf(raw, 'forwarded')).toEqual(['for=127.0.0.1;host="api.example:8080";proto=http'])
    expect(valuesOf(raw, 'host')).toEqual([new URL(place.backend.url).host])
    for (const name of [
      'portcullis-subject',
      'portcullis_subject',
      'x_forwarded_for',
      'x-real-ip',
      'x-forwarded-port',
      'x-http-method-override',
      'x-original-url',
      'x_original_uri',
      'proxy',
      'true-client-ip',
    ]) {
      expect(names).not.toContain(name)
    }
  })
})
