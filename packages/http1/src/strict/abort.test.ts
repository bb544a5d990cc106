import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask } from './fixture/ask.ts'
import { type HttpBackend, openHttpBackend } from './fixture/http-backend.ts'
import { heldBytes, openSockets } from './fixture/memory.ts'
import { openProxy, type ProxyUnderTest } from './fixture/open-proxy.ts'

const NONE = { connections: 0, requests: 0, addresses: 0, busy: 0, connecting: 0, waiting: 0 }
const TIMES = 12

let backend: HttpBackend
let proxy: ProxyUnderTest

beforeAll(async () => {
  backend = await openHttpBackend()
  proxy = await openProxy(backend.origin)
})

afterAll(async () => {
  await proxy[Symbol.asyncDispose]()
  await backend[Symbol.asyncDispose]()
})

const many = (act: () => Promise<unknown>): Promise<unknown> =>
  Promise.all(Array.from({ length: TIMES }, act))

/** All is as before: no connection in front, none but idle ones behind, no request under way, and calls go on. */
async function expectNothingLeft(): Promise<void> {
  await expect.poll(() => proxy.leftover()).toEqual(NONE)
  expect(proxy.failures).toEqual([])
  expect(await ask(proxy.port, '/')).toMatchObject({ status: 200 })
  await expect.poll(() => proxy.leftover()).toEqual(NONE)
}

/** Sends this much, waits until that much has come, and goes away. */
async function leave(text: string, { afterBytes = 0, reset = false } = {}): Promise<void> {
  const socket = connect({ port: proxy.port, host: '127.0.0.1' })
  let received = 0
  socket.on('error', () => socket.destroy())
  socket.on('data', (bytes) => {
    received += bytes.length
  })
  await once(socket, 'connect')
  socket.write(text)
  await sleep(20)
  while (received < afterBytes) await sleep(2)
  if (reset) socket.resetAndDestroy()
  else socket.destroy()
}

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`
const post = (path: string, framing: string, body: string) =>
  `POST ${path} HTTP/1.1\r\nHost: a\r\n${framing}\r\n\r\n${body}`
const SIZED = 'Content-Length: 1000000'
const CHUNKED = 'Transfer-Encoding: chunked'

describe('a caller who leaves', () => {
  test.each([
    ['within the head', 'GET / HTTP/1.1\r\nHost: a\r\nX: ', 0],
    ['before there is an answer', get('/silent'), 0],
    ['before a late answer', get('/slow'), 0],
    ['within a body by length', post('/digest', SIZED, 'x'.repeat(1000)), 0],
    ['within a chunk', post('/digest', CHUNKED, 'ffff\r\nxx'), 0],
    ['between two chunks', post('/digest', CHUNKED, '2\r\nxx\r\n'), 0],
    ['within a body that nobody reads', post('/silent', SIZED, 'x'.repeat(200_000)), 0],
    ['within a response', get('/endless'), 100_000],
    ['within a body and its response', post('/echo', SIZED, 'x'.repeat(200_000)), 1_000],
    ['with requests waiting behind the first', get('/slow').repeat(10), 0],
  ])('%s leaves nothing behind', async (_, text, afterBytes) => {
    await many(() => leave(text, { afterBytes }))
    await expectNothingLeft()
    await many(() => leave(text, { afterBytes, reset: true }))
    await expectNothingLeft()
  })

  test('takes his unfinished request away from the backend too', async () => {
    const before = backend.broken()
    await many(() => leave(post('/digest', SIZED, 'x')))
    await expect.poll(() => backend.broken() - before).toBe(TIMES)
  })
})

describe('a backend that dies', () => {
  test.each([
    ['before it answers', 'after=nothing'],
    ['within a body by length', 'after=5000&framing=length'],
    ['within a body in chunks', 'after=5000'],
    ['within a large body', 'after=500000&framing=length'],
    ['by a reset within a body by length', 'after=5000&framing=length&how=reset'],
    ['by a reset within chunks', 'after=5000&how=reset'],
  ])('%s is seen by the caller, and leaves nothing behind', async (_, query) => {
    await many(async () => {
      const outcome = await ask(proxy.port, `/dies?${query}`).catch(() => 'broken')
      expect(outcome === 'broken' || (outcome as { status: number }).status === 502).toBe(true)
    })
    await expectNothingLeft()
  })

  test('while it gets a body is seen by the caller, and leaves nothing behind', async () => {
    const body = Buffer.alloc(1_000_000)
    await many(async () => {
      const sent = ask(proxy.port, '/dies?after=nothing', { method: 'POST', body })
      const outcome = await sent.catch(() => 'broken')
      expect(outcome === 'broken' || (outcome as { status: number }).status === 502).toBe(true)
    })
    await expectNothingLeft()
  })
})

test('after all that no socket and no memory is kept', async () => {
  const bytes = heldBytes()
  for (let i = 0; i < 3; i++) {
    await many(() => leave(get('/endless'), { afterBytes: 50_000 }))
    await many(() => leave(post('/digest', SIZED, 'x'.repeat(200_000))))
    await many(() => ask(proxy.port, '/dies?after=5000').catch(() => 'broken'))
  }
  await expectNothingLeft()
  // The backend's side counts by itself: it may hold what it has not read.
  const left = async () => openSockets() - (await backend.open()) - proxy.client.counts().open
  await expect.poll(left).toBeLessThanOrEqual(0)
  expect(heldBytes() - bytes).toBeLessThan(8_000_000)
})
