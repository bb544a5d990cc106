import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { flag, frame, get, headers, type } from '../fixture/frame.ts'
import { RawClient } from '../fixture/raw-client.ts'
import { serve, type TestServer, textOf } from '../fixture/serve.ts'
import type { ServerRequest } from '../message.ts'

/**
 * `200` for what is one request, `left out` for one without the field in question, which nghttp2 passes over before anybody
 * sees it; `one` for one request whatever comes behind; else the status, or given up: the stream or the connection.
 */
type Outcome = '200' | 'left out' | 'one' | '400' | '417' | '431' | '414' | '501' | 'given up'
type Case = readonly [title: string, outcome: Outcome, bytes: Uint8Array]
type Field = readonly [string, string]

const without = (name: string): Field[] => get().filter(([each]) => each !== name)
const instead = (name: string, value: string): Field[] =>
  get().map(([each, was]): Field => [each, each === name ? value : was])
const plain = (fields: readonly Field[]) => headers(1, fields)
const withField = (name: string, value: string) => plain(get('/', [[name, value]]))
const open = flag.endHeaders
const post = (more: readonly Field[], ...bodies: readonly Uint8Array[]) =>
  Buffer.concat([headers(1, get('/', more).with(0, [':method', 'POST']), open), ...bodies])
const data = (text: string, flags: number = flag.endStream) => frame(type.data, flags, 1, Buffer.from(text))

const cases: readonly Case[] = [
  // As it should be, and one request.
  ['a request', '200', plain(get())],
  ['a target with a query', '200', plain(get('/a?b=c%20d'))],
  ['a Host like the authority', '200', withField('host', 'shop.example')],
  ['Host in place of the authority', '200', plain([...without(':authority'), ['host', 'shop.example']])],
  ['te: trailers', '200', withField('te', 'trailers')],
  [
    'a cookie in pieces',
    '200',
    plain(
      get('/', [
        ['cookie', 'a=1'],
        ['cookie', 'b=2'],
      ]),
    ),
  ],
  ['a length that is right', '200', post([['content-length', '3']], data('abc'))],
  ['content without a length', '200', post([], data('abc'))],
  [
    'a chunked body as content, which it is',
    '200',
    post([], data('0\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n')),
  ],
  [
    'a frame of a kind that nobody knows',
    '200',
    Buffer.concat([frame(0xf0, 0, 0, Buffer.from('?')), plain(get())]),
  ],
  ['trailers', '200', post([], data('abc', 0), headers(1, [['checksum', '1']]))],

  // H2.CL: another length for a backend of HTTP/1.1.
  [
    'H2.CL: less than the content (RFC 9113 §8.1.1)',
    'given up',
    post([['content-length', '1']], data('abc')),
  ],
  ['H2.CL: more than the content', 'given up', post([['content-length', '9']], data('abc'))],
  [
    'H2.CL: 0 with content',
    'given up',
    post([['content-length', '0']], data('GET /smuggled HTTP/1.1\r\n\r\n')),
  ],
  ['H2.CL: a length and no content', 'given up', plain(get('/', [['content-length', '5']]))],
  [
    'two lengths',
    'given up',
    post(
      [
        ['content-length', '3'],
        ['content-length', '3'],
      ],
      data('abc'),
    ),
  ],
  ['lengths in a list', 'given up', post([['content-length', '3, 3']], data('abc'))],
  ['a length with a sign', 'given up', post([['content-length', '+3']], data('abc'))],
  ['a length in hexadecimal', 'given up', post([['content-length', '0x3']], data('abc'))],
  ['a negative length', 'given up', post([['content-length', '-1']], data('abc'))],
  ['a length with a blank', 'given up', post([['content-length', ' 3']], data('abc'))],
  ['an empty length', 'given up', post([['content-length', '']], data('abc'))],

  // H2.TE and other fields of a connection.
  [
    'H2.TE: chunked (RFC 9113 §8.2.2)',
    'given up',
    post([['transfer-encoding', 'chunked']], data('0\r\n\r\nGET /x HTTP/1.1\r\n\r\n')),
  ],
  ['H2.TE: identity', 'given up', post([['transfer-encoding', 'identity']], data('abc'))],
  ['H2.TE in upper case', 'given up', post([['Transfer-Encoding', 'chunked']], data('abc'))],
  ['connection', 'given up', withField('connection', 'close')],
  ['connection that names a field', 'given up', withField('connection', 'x-user')],
  ['keep-alive', 'given up', withField('keep-alive', 'timeout=5')],
  ['proxy-connection', 'given up', withField('proxy-connection', 'keep-alive')],
  ['upgrade', 'given up', withField('upgrade', 'websocket')],
  ['http2-settings', '400', withField('http2-settings', 'AAMAAABkAAQAoAAAAAIAAAAA')],
  ['te with something else', 'given up', withField('te', 'gzip')],
  ['te with more than trailers', 'given up', withField('te', 'trailers, deflate')],

  // Lines that end inside a field.
  ['CRLF in a value (H2.TE by injection)', 'left out', withField('x', 'a\r\nTransfer-Encoding: chunked')],
  ['LF in a value', 'left out', withField('x', 'a\nb')],
  ['CR in a value', 'left out', withField('x', 'a\rb')],
  ['NUL in a value', 'left out', withField('x', 'a\0b')],
  ['a control in a value', 'left out', withField('x', 'a\x01b')],
  ['DEL in a value', 'left out', withField('x', 'a\x7fb')],
  ['CRLF in a name', 'left out', withField('x\r\ny', 'a')],
  ['a colon in a name', 'left out', withField('transfer-encoding: chunked\r\nx', 'a')],
  ['a colon at the end of a name', 'left out', withField('x:', 'a')],
  ['a blank in a name', 'left out', withField('x y', 'a')],
  ['a blank at the end of a name', 'left out', withField('content-length ', '5')],
  ['an empty name', 'left out', withField('', 'a')],
  ['a name in upper case (RFC 9113 §8.2.1)', 'given up', withField('X-User', 'a')],
  ['a name with a byte above ASCII', 'left out', withField('x\xe4', 'a')],
  ['a name with a control', 'left out', withField('x\x00', 'a')],
  ['a value that begins with a blank', 'left out', withField('x', ' a')],
  ['a value that ends with a tab', 'left out', withField('x', 'a\t')],
  ['CRLF in the path', 'given up', plain(instead(':path', '/ HTTP/1.1\r\nHost: other\r\n\r\nGET /x'))],
  ['CRLF in the method', 'given up', plain(instead(':method', 'GET / HTTP/1.1\r\nX: y'))],
  ['CRLF in the authority', 'given up', plain(instead(':authority', 'shop.example\r\nX: y'))],
  ['CRLF in the scheme', 'given up', plain(instead(':scheme', 'http\r\nX: y'))],

  // Targets.
  ['a blank in the path', 'given up', plain(instead(':path', '/ HTTP/1.1'))],
  ['an empty path', 'given up', plain(instead(':path', ''))],
  ['a path without a slash', 'given up', plain(instead(':path', 'admin'))],
  ['an absolute URL as path', 'given up', plain(instead(':path', 'http://other.example/'))],
  ['a fragment', '400', plain(instead(':path', '/a#b'))],
  ['an encoded NUL', '400', plain(instead(':path', '/a%00'))],
  ['a broken encoding', '400', plain(instead(':path', '/a%zz'))],
  ['a path with a backslash', '400', plain(instead(':path', '/a\\b'))],
  ['a path with a quote', '400', plain(instead(':path', '/a"b'))],
  ['a path with bytes above ASCII', '400', plain(instead(':path', '/\xe4'))],
  ['* of another method than OPTIONS', 'given up', plain(instead(':path', '*'))],
  ['a path that is too long', '414', plain(get(`/${'a'.repeat(8_192)}`))],

  // Pseudo-fields.
  ['no method', 'given up', plain(without(':method'))],
  ['no path', 'given up', plain(without(':path'))],
  ['no scheme', 'given up', plain(without(':scheme'))],
  ['a scheme that is none of ours', '400', plain(instead(':scheme', 'ftp'))],
  ['a scheme with a path', 'given up', plain(instead(':scheme', 'http://other.example/?'))],
  ['two methods', 'given up', plain([[':method', 'GET'], ...get()])],
  ['two paths', 'given up', plain([[':path', '/'], ...get()])],
  ['two authorities', 'given up', plain([[':authority', 'shop.example'], ...get()])],
  ['two schemes', 'given up', plain([[':scheme', 'http'], ...get()])],
  ['a pseudo-field behind a field', 'given up', plain([['x', 'a'], ...get()])],
  ['a pseudo-field that nobody knows', 'given up', withField(':user', 'a')],
  ['a status in a request', 'given up', plain([[':status', '200'], ...get()])],
  [
    'an extended CONNECT (RFC 8441) that says no version',
    '400',
    plain([[':protocol', 'websocket'], ...instead(':method', 'CONNECT')]),
  ],
  [
    'an extended CONNECT for another protocol',
    '501',
    plain([[':protocol', 'connect-udp'], ...instead(':method', 'CONNECT')]),
  ],
  [
    'a protocol to change to in another method',
    'given up',
    plain([[':protocol', 'websocket'], ...instead(':method', 'GET')]),
  ],
  [
    'CONNECT',
    '501',
    plain([
      [':method', 'CONNECT'],
      [':authority', 'other.example:443'],
    ]),
  ],
  ['TRACE', '501', plain(instead(':method', 'TRACE'))],
  ['a method that is none of ours', '501', plain(instead(':method', 'PROPFIND'))],
  ['a method in lower case', '501', plain(instead(':method', 'get'))],
  ['a method with a blank', 'given up', plain(instead(':method', 'GET /x'))],
  ['an empty method', 'given up', plain(instead(':method', ''))],

  // Authorities.
  ['no authority and no Host', 'given up', plain(without(':authority'))],
  ['an empty authority', 'given up', plain(instead(':authority', ''))],
  ['an authority with a user', 'given up', plain(instead(':authority', 'user@shop.example'))],
  ['an authority with a path', 'given up', plain(instead(':authority', 'shop.example/x'))],
  ['an authority with a list', '400', plain(instead(':authority', 'shop.example,other.example'))],
  ['an authority with a wrong port', '400', plain(instead(':authority', 'shop.example:x'))],
  ['another Host than the authority', '400', withField('host', 'other.example')],
  [
    'two Hosts',
    'given up',
    plain([...without(':authority'), ['host', 'shop.example'], ['host', 'shop.example']]),
  ],

  // The rest of a message.
  ['an expectation that is none', '417', withField('expect', 'miracles')],
  [
    'too many fields',
    '431',
    plain(
      get(
        '/',
        Array.from({ length: 101 }, (_, i): Field => [`x-${i}`, 'a']),
      ),
    ),
  ],
  [
    'far too many fields',
    'given up',
    plain(
      get(
        '/',
        Array.from({ length: 400 }, (_, i): Field => [`x-${i}`, 'a']),
      ),
    ),
  ],
  ['a pseudo-field in trailers', 'given up', post([], data('abc', 0), headers(1, [[':path', '/x']]))],
  ['a length in trailers', 'given up', post([], data('abc', 0), headers(1, [['content-length', '9']]))],
  [
    'a coding in trailers',
    'given up',
    post([], data('abc', 0), headers(1, [['transfer-encoding', 'chunked']])),
  ],
  ['CRLF in trailers', 'left out', post([], data('abc', 0), headers(1, [['x', 'a\r\nb: c']]))],
  ['a Host in trailers', 'given up', post([], data('abc', 0), headers(1, [['host', 'other.example']]))],
  ['credentials in trailers', '400', post([], data('abc', 0), headers(1, [['authorization', 'Bearer x']]))],
  [
    'trailers that do not end the stream',
    'given up',
    post([], data('abc', 0), headers(1, [['x', 'a']], open)),
  ],

  // Frames.
  ['content before a head', 'given up', data('abc')],
  ['content behind the end', 'one', Buffer.concat([post([], data('abc')), data('def')])],
  ['an even stream', 'given up', headers(2, get())],
  ['a head on stream 0', 'given up', headers(0, get())],
  [
    'a stream that depends on itself',
    'given up',
    frame(
      type.headers,
      0x25,
      1,
      Buffer.concat([Buffer.from([0, 0, 0, 1, 0]), headers(1, get()).subarray(9)]),
    ),
  ],
  [
    'a head with something in between (RFC 9113 §6.2)',
    'given up',
    Buffer.concat([headers(1, get(), 0), frame(type.ping, 0, 0, Buffer.alloc(8))]),
  ],
  ['a continuation of nothing', 'given up', frame(type.continuation, flag.endHeaders, 1)],
  ['padding that is longer than its frame', 'given up', frame(type.headers, 0x0d, 1, Buffer.of(255, 0))],
  ['a frame longer than agreed', 'given up', frame(type.data, 0, 1, Buffer.alloc(20_000))],
  [
    'a field block that is broken',
    'given up',
    frame(type.headers, 5, 1, Buffer.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff)),
  ],
  ['an index beyond the table', 'given up', frame(type.headers, 5, 1, Buffer.of(0xfe))],
  ['HTTP/1.1', 'given up', Buffer.from('GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n')],
]

let server: TestServer
const seen: { request: ServerRequest; text: string }[] = []
beforeAll(async () => {
  server = await serve({
    async handle(request) {
      const text = await textOf(request)
      seen.push({ request, text })
      return { status: 200, fields: [], body: undefined }
    },
  })
})
afterAll(() => server[Symbol.asyncDispose]())

describe('what comes over the wire', () => {
  test.each(cases)('%s: %s', async (_, outcome, bytes) => {
    seen.length = 0
    const client = await RawClient.open(server.port)
    client.send(bytes)
    const became = await client.outcomeOf(1)
    client.close()
    const isOne = outcome === '200' || outcome === 'one' || outcome === 'left out'
    if (outcome === 'given up') expect(became).toMatch(/^(400|reset [1-9]\d*|goaway [1-9]\d*)$/)
    else if (outcome !== 'one') expect(became).toBe(isOne ? '200' : outcome)
    expect(seen).toHaveLength(isOne ? 1 : 0)
    if (outcome === 'left out') {
      expect(seen[0]?.request.fields).toEqual(['host', 'shop.example'])
      expect(seen[0]?.request.trailers?.() ?? []).toEqual([])
    }
  })

  test('pieces of a cookie are one field for whoever stands behind', async () => {
    seen.length = 0
    const client = await RawClient.open(server.port)
    client.send(
      plain(
        get('/', [
          ['cookie', 'a=1'],
          ['x', 'y'],
          ['cookie', 'b=2'],
        ]),
      ),
    )
    expect(await client.outcomeOf(1)).toBe('200')
    client.close()
    expect(seen[0]?.request.fields).toEqual(['host', 'shop.example', 'x', 'y', 'cookie', 'a=1; b=2'])
  })
})
