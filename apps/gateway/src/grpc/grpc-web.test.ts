import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { createServer, type ServerHttp2Stream } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { upstreamDeclaration } from '@portcullis/model/resource/upstream'
import { afterEach, describe, expect, test } from 'vitest'
import { openFront, shopRevision } from '../test-kit/front.ts'
import { bytesOfBase64 } from './grpc-web-text.ts'

const opened: (() => unknown)[] = []
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close()
})

/** A message of gRPC: no mark, its length, its bytes. */
function message(text: string): Buffer {
  const frame = Buffer.alloc(5 + text.length)
  frame.writeUInt32BE(text.length, 1)
  frame.write(text, 5)
  return frame
}

async function openGrpcBackend(
  answer: (stream: ServerHttp2Stream, headers: Record<string, unknown>, body: Buffer) => void,
): Promise<string> {
  const server = createServer()
  server.on('session', (session) => {
    session.on('error', () => undefined)
    opened.push(() => session.destroy())
  })
  server.on('stream', (stream, headers) => {
    stream.on('error', () => undefined)
    const pieces: Buffer[] = []
    stream.on('data', (piece: Buffer) => pieces.push(piece))
    stream.on('end', () => answer(stream, headers, Buffer.concat(pieces)))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  opened.push(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function openGateway(url: string, protocol: 'http1' | 'http2' = 'http2'): Promise<string> {
  const front = await openFront([
    shopRevision(
      upstreamDeclaration.parse({ targets: [{ url }], ...(protocol === 'http2' && { protocol }) }),
    ),
  ])
  opened.push(() => front.close(0))
  return front.url
}

/** As the client of a browser does it: `fetch`, frames out of the body, and the status out of the last one. */
async function call(
  url: string,
  isText: boolean,
  fields: Record<string, string> = {},
  path = '/shop/v1/things',
) {
  const sent = message('hello')
  const answer = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: {
      'content-type': isText ? 'application/grpc-web-text' : 'application/grpc-web+proto',
      'x-grpc-web': '1',
      ...fields,
    },
    body: isText ? sent.toString('base64') : new Uint8Array(sent),
  })
  const raw = Buffer.from(await answer.arrayBuffer())
  let bytes = isText ? Buffer.from(bytesOfBase64(raw) as Uint8Array) : raw
  const messages: string[] = []
  let status: Record<string, string> = {}
  while (bytes.length >= 5) {
    const end = 5 + bytes.readUInt32BE(1)
    const text = bytes.toString('latin1', 5, end)
    if (bytes[0] === 0x80)
      status = Object.fromEntries(
        text
          .trimEnd()
          .split('\r\n')
          .map((line) => line.split(': ')),
      )
    else messages.push(text)
    bytes = bytes.subarray(end)
  }
  return { http: answer.status, type: answer.headers.get('content-type'), messages, status }
}

describe.each([
  ['gRPC-Web', false, 'application/grpc-web+proto'],
  ['gRPC-Web in text', true, 'application/grpc-web-text'],
])('a call of %s to a backend of gRPC', (_, isText, type) => {
  test('reaches it as gRPC, and its messages and trailers come back in one body', async () => {
    const heard: unknown[] = []
    const url = await openGrpcBackend((stream, headers, body) => {
      heard.push([headers['content-type'], headers.te, headers['x-grpc-web'], body.toString('latin1')])
      stream.respond({ 'content-type': 'application/grpc+proto' }, { waitForTrailers: true })
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0', 'x-sum': '7' }))
      stream.write(message('one'))
      stream.end(message('two'))
    })
    expect(await call(await openGateway(url), isText)).toEqual({
      http: 200,
      type,
      messages: ['one', 'two'],
      status: { 'grpc-status': '0', 'x-sum': '7' },
    })
    const encoding = isText ? '' : '+proto'
    expect(heard).toEqual([
      [`application/grpc${encoding}`, 'trailers', undefined, message('hello').toString('latin1')],
    ])
  })

  test('that has a status and no messages gets that in the body, where browsers can read it', async () => {
    const url = await openGrpcBackend((stream) => {
      stream.respond(
        { 'content-type': 'application/grpc', 'grpc-status': '5', 'grpc-message': 'no such thing' },
        { endStream: true },
      )
    })
    const answer = await call(await openGateway(url), isText)
    expect(answer).toMatchObject({ http: 200, type, messages: [], status: { 'grpc-status': '5' } })
  })

  test('that breaks off ends with a status that says so', async () => {
    const url = await openGrpcBackend((stream) => {
      stream.respond({ 'content-type': 'application/grpc' })
      stream.write(message('one'))
      setTimeout(() => stream.destroy(new Error('broken')), 20)
    })
    const answer = await call(await openGateway(url), isText)
    expect(answer).toMatchObject({ messages: ['one'], status: { 'grpc-status': '14' } })
  })

  test('that ends without a status gets one that says so', async () => {
    const url = await openGrpcBackend((stream) => {
      stream.respond({ 'content-type': 'application/grpc' })
      stream.end(message('one'))
    })
    const answer = await call(await openGateway(url), isText)
    expect(answer).toMatchObject({ messages: ['one'], status: { 'grpc-status': '2' } })
  })

  test('that is refused, late or without a backend gets a status of gRPC', async () => {
    const silent = await openGateway(await openGrpcBackend(() => undefined))
    expect(await call(silent, isText, { 'grpc-timeout': '50m' })).toMatchObject({
      http: 200,
      type,
      status: { 'grpc-status': '4' },
    })
    expect((await call(silent, isText, {}, '/nowhere')).status).toMatchObject({ 'grpc-status': '12' })
    const away = await openGateway('http://127.0.0.1:1')
    expect((await call(away, isText)).status).toMatchObject({ 'grpc-status': '14' })
  })
})

test('a backend of HTTP/1.1 gets gRPC-Web as it came, and answers in it', async () => {
  const heard: unknown[] = []
  const server = createHttpServer((request, response) => {
    request.on('data', (piece) => heard.push(request.headers['content-type'], piece.toString('latin1')))
    response.writeHead(200, { 'content-type': 'application/grpc-web+proto' }).end(message('own'))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  opened.push(() => server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const answer = await call(await openGateway(url, 'http1'), false)
  expect(answer).toMatchObject({ type: 'application/grpc-web+proto', messages: ['own'], status: {} })
  expect(heard).toEqual(['application/grpc-web+proto', message('hello').toString('latin1')])
})

describe('base64 of a body', () => {
  const read = async (pieces: string[]): Promise<string> => {
    const body = bytesOfBase64(
      (async function* () {
        for (const piece of pieces) yield Buffer.from(piece)
      })(),
    )
    let text = ''
    for await (const piece of body as AsyncIterable<Uint8Array>) text += Buffer.from(piece).toString('latin1')
    return text
  }

  test('is read however it is cut, with padding in the middle too', async () => {
    const whole = [...'aGVsbG8=d29ybGQ=IQ==']
    expect(await read(whole)).toBe('helloworld!')
    expect(await read([whole.join('')])).toBe('helloworld!')
  })

  test.each(['aGVsbG8', 'aGV*', 'a===', '====', 'aGV\n'])('%j breaks off', async (text) => {
    await expect(read([text])).rejects.toThrow(/base64/)
  })
})
