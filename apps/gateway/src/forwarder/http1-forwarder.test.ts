import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { Fault } from '@portcullis/kernel/fault'
import { HeaderList } from '@portcullis/policy-kit/message/header-list'
import type { Body } from '@portcullis/policy-kit/message/reply'
import { afterEach, describe, expect, test } from 'vitest'
import { type Forwarder, type ForwarderLimits, forwarderLimits, type OutgoingRequest } from './forwarder.ts'
import { openHttp1Forwarder } from './http1-forwarder.ts'

const opened: { close(): Promise<void> | void }[] = []

afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close()
})

function open(limits: Partial<ForwarderLimits> = {}): Forwarder {
  const forwarder = openHttp1Forwarder({ ...forwarderLimits, ...limits })
  opened.push(forwarder)
  return forwarder
}

/** A backend that answers whatever comes with this text, or not at all; gives back its port. */
async function backend(text?: string): Promise<number> {
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => socket.destroy())
    socket.on('data', () => text !== undefined && socket.write(text, 'latin1'))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  opened.push({
    close() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  })
  return (server.address() as { port: number }).port
}

function outgoing(origin: string, changes: Partial<OutgoingRequest> = {}): OutgoingRequest {
  const { signal } = new AbortController()
  return {
    origin,
    method: 'GET',
    target: '/',
    headers: new HeaderList(),
    body: undefined,
    signal,
    ...changes,
  }
}

/** The code and status of what comes of it. */
async function codeOf(reply: PromiseLike<unknown>): Promise<unknown> {
  const thrown = await reply.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  return thrown instanceof Fault ? `${thrown.status} ${thrown.code}` : thrown
}

describe('the forwarder', () => {
  test('gives the head and body of the reply, less the fields of the connection', async () => {
    const port = await backend(
      'HTTP/1.1 201 Created\r\nSet-Cookie: a=1\r\nConnection: X-Hop\r\nX-Hop: 1\r\nContent-Length: 2\r\n\r\nok',
    )
    const reply = await open().forward(outgoing(`http://127.0.0.1:${port}`))
    expect(reply.status).toBe(201)
    expect(reply.headers.flat()).toEqual(['Set-Cookie', 'a=1', 'Content-Length', '2'])
    expect(Buffer.from(reply.body as Uint8Array).toString()).toBe('ok')
  })

  test('says 502 to a TLS backend that it has no reason to trust', async () => {
    // No certificate at all is none that can be trusted.
    const port = await backend('HTTP/1.1 200 OK\r\n\r\n')
    const reply = open().forward(outgoing(`https://127.0.0.1:${port}`))
    expect(await codeOf(reply)).toBe('502 gateway.upstream-unreachable')
  })

  test('says 504 when a connection takes too long to be made', async () => {
    // It takes the connection but never answers the handshake.
    const port = await backend()
    const reply = open({ connectTimeoutMillis: 100 }).forward(outgoing(`https://127.0.0.1:${port}`))
    expect(await codeOf(reply)).toBe('504 gateway.upstream-timeout')
  })

  test.each([{ firstByteMillis: 50 }, { wholeMillis: 50 }])(
    'says 504 when the time that a call was given is over: %j',
    async (timeouts) => {
      const origin = `http://127.0.0.1:${await backend()}`
      const { wholeMillis } = timeouts as { wholeMillis?: number }
      const endsAt = wholeMillis && performance.now() + wholeMillis
      const reply = open({ keepAliveMillis: 100 }).forward(outgoing(origin, { timeouts, endsAt }))
      expect(await codeOf(reply)).toBe('504 gateway.upstream-timeout')
    },
  )

  test('says 503 to a call that waited in vain for a connection, and when too many wait', async () => {
    const origin = `http://127.0.0.1:${await backend()}`
    const forwarder = open({ maxConnectionsPerOrigin: 1, maxWaitingPerOrigin: 1, waitTimeoutMillis: 100 })
    const caller = new AbortController()
    const first = codeOf(forwarder.forward(outgoing(origin, { signal: caller.signal })))
    await new Promise((resolve) => setTimeout(resolve, 30))
    const second = codeOf(forwarder.forward(outgoing(origin)))
    expect(await codeOf(forwarder.forward(outgoing(origin)))).toBe('503 gateway.upstream-busy')
    expect(await second).toBe('503 gateway.upstream-busy')
    caller.abort()
    expect(await first).toBe('499 gateway.caller-gone')
  })

  test.each([
    ['no HTTP', 'hello\r\n\r\n'],
    ['a protocol that nobody asked for', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n'],
    ['a head without end', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(40_000)}`],
  ])('says 502 to a backend whose answer is %s', async (_, text) => {
    const reply = open().forward(outgoing(`http://127.0.0.1:${await backend(text)}`))
    expect(await codeOf(reply)).toBe('502 gateway.upstream-invalid')
  })

  test('never sends what a step put into a field to smuggle a line of its own', async () => {
    const headers = HeaderList.of({ 'X-From-Token': 'a\r\nX-Admin: 1' })
    const reply = open().forward(outgoing(`http://127.0.0.1:${await backend('')}`, { headers }))
    expect(await codeOf(reply)).toBe('502 gateway.upstream-invalid')
  })

  test('says what broke the caller’s body off where that is known', async () => {
    const why = new Fault('step.body-too-large', { status: 413, title: 'Too large', remedy: 'Send less.' })
    const broken = (async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.from('x')
      throw why
    })()
    const changes: Partial<OutgoingRequest> = { method: 'POST', body: broken as Body }
    const reply = open().forward(outgoing(`http://127.0.0.1:${await backend()}`, changes))
    expect(await codeOf(reply)).toBe('413 step.body-too-large')
  })
})
