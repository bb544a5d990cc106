import { once } from 'node:events'
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { normalizeUpstream, type UpstreamDeclaration } from '@portcullis/model/resource/upstream'
import { afterEach, describe, expect, test } from 'vitest'
import { openFront, shopRevision } from '../test-kit/front.ts'
import { exchangeRaw } from '../test-kit/raw.ts'

const opened: (() => unknown)[] = []
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close()
})

async function openGateway(upstream: UpstreamDeclaration): Promise<number> {
  const front = await openFront([shopRevision(upstream)], { address: { http2: 'cleartext' } })
  opened.push(() => front.close(0))
  return front.port
}

/** Answers every request, once its last chunk has come, with these bytes; notes what came. */
async function openHttp1Backend(answer: string) {
  let heard = ''
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('data', (bytes) => {
      heard += bytes.toString('latin1')
      const isWhole = /^GET/.test(heard)
        ? heard.endsWith('\r\n\r\n')
        : /\r\n0\r\n([^\r]+\r\n)*\r\n$/.test(heard)
      if (isWhole) socket.write(answer, 'latin1')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  opened.push(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, heard: () => heard }
}

/** Answers with the trailers that came, in its fields, and with trailers of its own. */
async function openHttp2Backend(): Promise<UpstreamDeclaration> {
  const server = createHttp2Server()
  server.on('stream', (stream) => {
    let came: unknown = {}
    stream.on('trailers', (fields) => {
      came = Object.fromEntries(Object.entries(fields))
    })
    stream.resume()
    stream.on('end', () => {
      stream.respond(
        { ':status': 200, came: JSON.stringify(came), trailer: 'x-sum' },
        { waitForTrailers: true },
      )
      stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sum': '7', 'x-other': '8' }))
      stream.end('reply')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  opened.push(() => server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { ...normalizeUpstream(url), protocol: 'http2' }
}

async function callHttp2(port: number, fields: Record<string, string>, trailers?: Record<string, string>) {
  const session = connectHttp2(`http://127.0.0.1:${port}`)
  opened.push(() => session.destroy())
  const hasBody = trailers !== undefined
  const stream = session.request(
    { ':path': '/shop/v1/things', ':method': hasBody ? 'POST' : 'GET', ...fields },
    { endStream: !hasBody, waitForTrailers: hasBody },
  )
  stream.on('wantTrailers', () => stream.sendTrailers(trailers ?? {}))
  if (hasBody) stream.end('abc')
  let behind: Record<string, unknown> = {}
  stream.on('trailers', (each) => {
    behind = Object.fromEntries(Object.entries(each))
  })
  const [answer] = await once(stream, 'response')
  let text = ''
  for await (const piece of stream) text += piece
  return { answer, text, behind }
}

const CLOSE = 'Host: a\r\nConnection: close\r\n'
const CHUNKED = `POST /shop/v1/things HTTP/1.1\r\n${CLOSE}Transfer-Encoding: chunked\r\n`
const ANSWER = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n'
const END = '\r\n5\r\nreply\r\n0\r\nX-Sum: 7\r\nX-Other: 8\r\nSet-Cookie: a=b\r\n\r\n'

describe('trailers of a request over HTTP/1.1', () => {
  test('go on as far as they were announced, without those that may not or that the head has', async () => {
    const backend = await openHttp1Backend('HTTP/1.1 204 No Content\r\n\r\n')
    const port = await openGateway(backend.url)
    const names = 'X-Sum, Authorization, X-Forwarded-For, portcullis_subject, X-Head'
    const behind =
      '0\r\nX-Sum: 3\r\nX-Silent: 1\r\nAuthorization: a\r\nX-Forwarded-For: b\r\nportcullis_subject: c\r\nX-Head: d\r\n\r\n'
    await exchangeRaw(port, `${CHUNKED}X-Head: 1\r\nTrailer: ${names}\r\n\r\n3\r\nabc\r\n${behind}`)
    expect(backend.heard()).toMatch(/\r\nTrailer: x-sum, /)
    expect(backend.heard().endsWith('\r\n3\r\nabc\r\n0\r\nX-Sum: 3\r\n\r\n')).toBe(true)
  })

  test('go on behind a body that streams', async () => {
    const backend = await openHttp1Backend('HTTP/1.1 204 No Content\r\n\r\n')
    const port = await openGateway(backend.url)
    const pieces = `1000\r\n${'a'.repeat(4096)}\r\n`.repeat(64)
    await exchangeRaw(port, `${CHUNKED}Trailer: X-Sum\r\n\r\n${pieces}0\r\nX-Sum: 3\r\n\r\n`)
    expect(backend.heard().endsWith('a\r\n0\r\nX-Sum: 3\r\n\r\n')).toBe(true)
  })

  test('are dropped when they were not announced, and the body goes on by its length', async () => {
    const backend = await openHttp1Backend('')
    const port = await openGateway(backend.url)
    await exchangeRaw(port, `${CHUNKED}\r\n3\r\nabc\r\n0\r\nX-Sum: 3\r\n\r\n`, 100)
    await expect.poll(() => backend.heard()).toContain('Content-Length: 3\r\n\r\nabc')
    expect(backend.heard()).not.toMatch(/X-Sum/i)
  })

  test('go on to a backend of HTTP/2', async () => {
    const port = await openGateway(await openHttp2Backend())
    const raw = await exchangeRaw(port, `${CHUNKED}Trailer: X-Sum\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 3\r\n\r\n`)
    expect(raw).toContain('came: {"x-sum":"3"}')
    expect(raw).not.toMatch(/trailer/i)
  })
})

describe('trailers of a reply over HTTP/1.1', () => {
  test('are asked for, and go on, where the caller takes them and they were announced', async () => {
    const backend = await openHttp1Backend(`${ANSWER}Trailer: X-Sum, Set-Cookie\r\n${END}`)
    const port = await openGateway(backend.url)
    const raw = await exchangeRaw(port, `GET /shop/v1/things HTTP/1.1\r\n${CLOSE}TE: trailers\r\n\r\n`)
    expect(backend.heard()).toContain('\r\nTE: trailers\r\nConnection: TE\r\n')
    expect(raw).toContain('\r\nTrailer: x-sum\r\nTransfer-Encoding: chunked\r\n')
    expect(raw.slice(raw.indexOf('\r\n\r\n'))).toBe('\r\n\r\n5\r\nreply\r\n0\r\nX-Sum: 7\r\n\r\n')
  })

  test.each([
    ['the caller does not take them', CLOSE, 'Trailer: X-Sum\r\n'],
    ['they were not announced', `${CLOSE}TE: trailers\r\n`, ''],
    ['the caller speaks HTTP/1.0', 'Host: a\r\nTE: trailers\r\n', 'Trailer: X-Sum\r\n'],
  ])('are dropped when %s', async (_, fields, announced) => {
    const backend = await openHttp1Backend(`${ANSWER}${announced}${END}`)
    const port = await openGateway(backend.url)
    const version = fields.includes('close') ? 'HTTP/1.1' : 'HTTP/1.0'
    const raw = await exchangeRaw(port, `GET /shop/v1/things ${version}\r\n${fields}\r\n`)
    expect(raw).toContain('reply')
    expect(raw).not.toMatch(/x-sum/i)
  })

  test('come from a backend of HTTP/2 as far as it announces them', async () => {
    const port = await openGateway(await openHttp2Backend())
    const raw = await exchangeRaw(port, `GET /shop/v1/things HTTP/1.1\r\n${CLOSE}TE: trailers\r\n\r\n`)
    expect(raw.slice(raw.indexOf('\r\n\r\n'))).toBe('\r\n\r\n5\r\nreply\r\n0\r\nx-sum: 7\r\n\r\n')
  })
})

describe('trailers over HTTP/2', () => {
  test('go to a backend of HTTP/1.1 when they were announced, and those of its reply come back', async () => {
    const backend = await openHttp1Backend(`${ANSWER}Trailer: X-Sum\r\n${END}`)
    const port = await openGateway(backend.url)
    const fields = { te: 'trailers', trailer: 'x-sum' }
    const { text, behind } = await callHttp2(port, fields, { 'x-sum': '3', 'x-silent': '1' })
    expect({ text, behind }).toEqual({ text: 'reply', behind: { 'x-sum': '7' } })
    expect(backend.heard()).toContain('\r\nTE: trailers\r\nConnection: TE\r\n')
    expect(backend.heard().endsWith('\r\n0\r\nx-sum: 3\r\n\r\n')).toBe(true)
  })
})
