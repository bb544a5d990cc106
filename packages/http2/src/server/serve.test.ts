import { once } from 'node:events'
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2'
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import { flag, frame, get, headers, type, uint32 } from '../fixture/frame.ts'
import { RawClient } from '../fixture/raw-client.ts'
import { serve, type TestServer, textOf } from '../fixture/serve.ts'
import type { ServerRequest } from '../message.ts'
import type { Http2ServerOptions } from './open-http2-server.ts'

const opened: AsyncDisposable[] = []
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each[Symbol.asyncDispose]()
})

async function open(
  options: Partial<Http2ServerOptions> = {},
): Promise<{ server: TestServer; session: ClientHttp2Session }> {
  const server = await serve(options)
  const session = connect(`http://127.0.0.1:${server.port}`)
  session.on('error', () => undefined)
  opened.push(server, { [Symbol.asyncDispose]: async () => session.destroy() })
  return { server, session }
}

interface Answer {
  readonly status: unknown
  readonly headers: Record<string, unknown>
  readonly text: string
  readonly trailers: Record<string, unknown> | undefined
  readonly code: number
}

async function read(stream: ClientHttp2Stream): Promise<Answer> {
  let trailers: Answer['trailers']
  let headers: Answer['headers'] = {}
  const pieces: Buffer[] = []
  stream.on('response', (each) => {
    headers = each
  })
  stream.on('trailers', (each) => {
    trailers = each
  })
  stream.on('data', (piece) => pieces.push(piece))
  stream.on('error', () => undefined)
  await new Promise((resolve) => stream.once('close', resolve))
  return {
    status: headers[':status'],
    headers,
    text: Buffer.concat(pieces).toString('latin1'),
    trailers,
    code: stream.rstCode ?? 0,
  }
}

const echo = async (request: ServerRequest) => ({ status: 200, fields: [], body: request.body })

describe('a call', () => {
  test('brings its fields, its body and its trailers, and gets those of the response', async () => {
    const { session } = await open({
      async handle(request) {
        const text = await textOf(request)
        return {
          status: 201,
          fields: ['X-Path', request.target, 'Set-Cookie', 'a=1', 'Set-Cookie', 'b=2'],
          body: Buffer.from(text.toUpperCase()),
          trailers: () => ['Sum', String(request.trailers?.()), 'Content-Length', '5'],
        }
      },
    })
    const stream = session.request({ ':method': 'POST', ':path': '/a' }, { waitForTrailers: true })
    stream.on('wantTrailers', () => stream.sendTrailers({ count: '3' }))
    stream.end('abc')
    const answer = await read(stream)
    expect(answer).toMatchObject({ status: 201, text: 'ABC', trailers: { sum: 'count,3' } })
    expect(answer.trailers).not.toHaveProperty('content-length')
    expect(answer.headers).toMatchObject({
      'x-path': '/a',
      'set-cookie': ['a=1', 'b=2'],
      'content-length': '3',
    })
  })

  test('may be many at once, in whatever order they are answered', async () => {
    const held: (() => void)[] = []
    const { session } = await open({
      async handle({ target }) {
        await new Promise<void>((resolve) => held.push(resolve))
        return { status: 200, fields: [], body: Buffer.from(target) }
      },
    })
    const answers = Array.from({ length: 50 }, (_, i) => read(session.request({ ':path': `/${i}` }).end()))
    await expect.poll(() => held.length).toBe(50)
    for (const each of held.reverse()) each()
    expect((await Promise.all(answers)).map(({ text }) => text)).toEqual(answers.map((_, i) => `/${i}`))
  })

  test('streams 8 MB both ways', async () => {
    const { session } = await open({ handle: echo })
    const sent = Buffer.alloc(8 * 1024 * 1024, 'streaming ')
    const stream = session.request({ ':method': 'POST' })
    stream.end(sent)
    const answer = await read(stream)
    expect(answer.text.length).toBe(sent.length)
    expect(Buffer.from(answer.text, 'latin1').equals(sent)).toBe(true)
  })

  test('goes both ways at once: what was sent comes back before the request has ended', async () => {
    const { session } = await open({ handle: echo })
    const stream = session.request({ ':method': 'POST' })
    stream.write('ping')
    const [piece] = await once(stream, 'data')
    expect(String(piece)).toBe('ping')
    stream.end()
    await read(stream)
  })

  test.each([0, 8])(
    'tells of a caller who takes it back with code %i: it never looks complete',
    async (code) => {
      const seen = Promise.withResolvers<ServerRequest>()
      const { server } = await open({
        handle(request) {
          seen.resolve(request)
          return new Promise(() => undefined)
        },
      })
      const client = await RawClient.open(server.port)
      const posting = get('/').with(0, [':method', 'POST'])
      client.send(headers(1, posting, flag.endHeaders), frame(type.data, 0, 1, Buffer.from('half')))
      const request = await seen.promise
      expect(request.signal.aborted).toBe(false)
      client.send(frame(type.reset, 0, 1, uint32(code)))
      await expect.poll(() => request.signal.aborted).toBe(true)
      await expect(textOf(request)).rejects.toMatchObject({ reason: 'caller-gone' })
      expect(server.http2.counts().requests).toBe(0)
      client.close()
    },
  )

  test('that is answered before all of it was sent is let go of without an error', async () => {
    const { session } = await open({ handle: () => ({ status: 403, fields: [], body: Buffer.from('no') }) })
    const stream = session.request({ ':method': 'POST' })
    stream.write('abc')
    expect(await read(stream)).toMatchObject({ status: 403, text: 'no', code: 0 })
  })

  test('of HEAD gets the length and no content', async () => {
    const { session } = await open({ handle: () => ({ status: 200, fields: [], body: Buffer.from('four') }) })
    const answer = await read(session.request({ ':method': 'HEAD' }))
    expect(answer).toMatchObject({ status: 200, text: '' })
    expect(answer.headers['content-length']).toBe('4')
  })

  test('is told to go on, and of early hints', async () => {
    const { session } = await open({
      async handle(request) {
        request.inform(103, ['Link', '</a>'])
        return { status: 200, fields: [], body: Buffer.from(await textOf(request)) }
      },
    })
    const stream = session.request({ ':method': 'POST', expect: '100-continue' })
    const heard: unknown[] = []
    stream.on('headers', (each) => heard.push(each[':status']))
    stream.on('continue', () => {
      heard.push('continue')
      stream.end('abc')
    })
    expect((await read(stream)).text).toBe('abc')
    expect(heard).toContain(103)
    expect(heard).toContain('continue')
  })
})

describe('a response that goes wrong', () => {
  test.each([
    [
      'a body that breaks off',
      ['x', 'y'],
      async function* () {
        yield Buffer.from('a')
        throw new Error('broken')
      },
    ],
    [
      'less than announced',
      ['Content-Length', '9'],
      async function* () {
        yield Buffer.from('abc')
      },
    ],
    [
      'more than announced',
      ['Content-Length', '1'],
      async function* () {
        yield Buffer.from('abc')
      },
    ],
  ])('never looks whole: %s', async (_, fields, body) => {
    const { session, server } = await open({ handle: () => ({ status: 200, fields, body: body() }) })
    expect((await read(session.request({}).end())).code).not.toBe(0)
    expect(server.failures).toHaveLength(1)
  })

  test.each([
    ['a line end in a value', ['x', 'a\r\nb: c']],
    ['a name that is none', ['a b', 'c']],
  ])('is not sent: %s', async (_, fields) => {
    const { session, server } = await open({ handle: () => ({ status: 200, fields, body: undefined }) })
    const answer = await read(session.request({}).end())
    expect(answer).toMatchObject({ status: undefined })
    expect(server.failures).toHaveLength(1)
  })

  test('is one call of many: a handler that throws costs no other', async () => {
    const { session } = await open({
      handle({ target }) {
        if (target === '/bad') throw new Error('no')
        return { status: 200, fields: [], body: Buffer.from('ok') }
      },
    })
    const [bad, good] = await Promise.all([
      read(session.request({ ':path': '/bad' })),
      read(session.request({})),
    ])
    expect(bad.code).toBe(2)
    expect(good.text).toBe('ok')
  })
})

describe('draining', () => {
  test('lets calls end, says so, and closes', async () => {
    const held = Promise.withResolvers<void>()
    const { session, server } = await open({
      async handle() {
        await held.promise
        return { status: 200, fields: [], body: Buffer.from('done') }
      },
    })
    const answer = read(session.request({}).end())
    await expect.poll(() => server.http2.counts().requests).toBe(1)
    const told = once(session, 'goaway')
    server.http2.drain()
    expect((await told)[0]).toBe(0)
    expect(server.http2.counts().connections).toBe(1)
    held.resolve()
    expect((await answer).text).toBe('done')
    await expect.poll(() => server.http2.counts().connections).toBe(0)
  })

  test('closes a connection without calls at once', async () => {
    const { session, server } = await open()
    await read(session.request({}).end())
    server.http2.drain()
    await once(session, 'close')
    await wait(5)
    expect(server.http2.counts()).toMatchObject({ connections: 0, requests: 0 })
  })
})
