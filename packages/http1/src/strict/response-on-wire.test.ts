import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { exchange, responsesIn } from './fixture/exchange.ts'
import { judgeResponse } from './fixture/llhttp.ts'
import { openProxy, type ProxyUnderTest } from './fixture/open-proxy.ts'
import { readResponse } from './fixture/read-response.ts'
import { type ResponseCase, SPLIT } from './response/response-case.ts'
import { responseCases } from './response/response-cases.ts'

const HONEST = Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhonest')

/** Plays the bytes of a case on the next connection it gets, and is honest on every other. */
interface Backend {
  plays: { readonly bytes: Buffer; readonly ends: boolean } | undefined
}

const backend: Backend = { plays: undefined }
const sockets = new Set<Socket>()
let server: Server
let proxy: ProxyUnderTest

function serve(socket: Socket): void {
  sockets.add(socket)
  socket.on('close', () => sockets.delete(socket))
  socket.on('error', () => socket.destroy())
  let received = ''
  const { plays } = backend
  backend.plays = undefined
  let hasPlayed = false
  socket.on('data', (bytes) => {
    received += bytes.toString('latin1')
    while (received.includes('\r\n\r\n')) {
      received = received.slice(received.indexOf('\r\n\r\n') + 4)
      if (plays === undefined || hasPlayed) socket.write(HONEST)
      else if (plays.ends) socket.end(plays.bytes)
      else socket.write(plays.bytes)
      hasPlayed = true
    }
  })
}

beforeAll(async () => {
  server = createServer({ noDelay: true }, serve)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  proxy = await openProxy(`http://127.0.0.1:${port}`)
})

/** No connection may be left over from another case. */
beforeEach(async () => {
  for (const socket of sockets) socket.destroy()
  await expect.poll(() => proxy.client.counts().open, { interval: 1 }).toBe(0)
})

afterAll(async () => {
  await proxy[Symbol.asyncDispose]()
  for (const socket of sockets) socket.destroy()
  server.close()
})

const ask = (method: string, more = '') => Buffer.from(`${method} /a HTTP/1.1\r\nHost: a\r\n${more}\r\n`)

/** What the caller in front of the proxy gets for the first of two requests, and for the second. */
async function play({ method, bytes }: ResponseCase, follow: string, ends: boolean): Promise<Buffer> {
  backend.plays = { bytes: Buffer.from(bytes + follow, 'latin1'), ends }
  return exchange(proxy.port, [ask(method), ask('GET', 'Connection: close\r\n')])
}

/** Whatever comes behind such a response belongs to it (RFC 9112 §6.3). */
const endsWithConnection = ({ bytes, method }: ResponseCase): boolean =>
  readResponse([Buffer.from(bytes, 'latin1')], method, false).head?.body.framing === 'close'

describe.each(responseCases)('over sockets: %s', (_, cases) => {
  test.each(cases)('$title', async (each) => {
    const { expected, method } = each
    const received = await play(each, '', true)
    const first = judgeResponse([received], method, true)
    if (expected.outcome === 'cut') {
      // Seen to be cut: nobody takes what there is of it for a response.
      expect(first.outcome).not.toBe('message')
      return
    }
    if (first.outcome !== 'message') expect.fail(`not a response: ${received.toString('latin1')}`)
    const { status, body } = first
    if (expected.outcome === 'one')
      expect({ status, body }).toEqual({ status: expected.status, body: expected.body })
    else expect(status).toBe(502)
    const rest = received.subarray(first.length)
    expect(responsesIn(rest)).toEqual([{ status: 200, body: 'honest' }])
  })

  test('are never followed by what comes behind them on the same connection', async () => {
    for (const each of cases) {
      if (each.expected.outcome === 'cut' || endsWithConnection(each)) continue
      const received = await play(each, SPLIT, false)
      const first = judgeResponse([received], each.method, true)
      if (first.outcome !== 'message') expect.fail(`not a response: ${received.toString('latin1')}`)
      const rest = received.subarray(first.length)
      expect({ title: each.title, rest: responsesIn(rest) }).toEqual({
        title: each.title,
        rest: [{ status: 200, body: 'honest' }],
      })
      for (const socket of sockets) socket.destroy()
    }
  })
})

test('nothing is left behind', async () => {
  expect(proxy.failures).toEqual([])
  await expect
    .poll(() => proxy.leftover())
    .toEqual({
      connections: 0,
      requests: 0,
      addresses: 0,
      busy: 0,
      connecting: 0,
      waiting: 0,
    })
})
