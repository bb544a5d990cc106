import { afterAll, beforeAll, expect, test } from 'vitest'
import { ask } from './fixture/ask.ts'
import { digestOf, type HttpBackend, openHttpBackend, pattern } from './fixture/http-backend.ts'
import { openProxy, type ProxyUnderTest } from './fixture/open-proxy.ts'

const BYTES = 8_388_608
const content = pattern(BYTES)

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

const LENGTH = { headers: { 'Content-Length': BYTES } }
const CHUNKED = { headers: { 'Transfer-Encoding': 'chunked' } }

test.each([
  ['by length', LENGTH],
  ['in chunks', CHUNKED],
])('8 MB reach the backend unchanged, %s', async (_, options) => {
  const { status, body } = await ask(proxy.port, '/digest', { method: 'POST', body: content, ...options })
  expect(status).toBe(200)
  expect(JSON.parse(body.toString())).toEqual({ bytes: BYTES, digest: digestOf(content) })
})

test.each(['length', 'chunks'])('8 MB reach the caller unchanged, by %s', async (framing) => {
  const { status, body } = await ask(proxy.port, `/bytes?count=${BYTES}&framing=${framing}`)
  expect(status).toBe(200)
  expect(body.equals(content)).toBe(true)
})

test.each([
  ['by length', LENGTH],
  ['in chunks', CHUNKED],
])('8 MB go there and back at the same time, %s', async (_, options) => {
  const both = { method: 'POST', body: content, ...options }
  const answers = await Promise.all(Array.from({ length: 4 }, () => ask(proxy.port, '/echo', both)))
  for (const { status, body } of answers) {
    expect(status).toBe(200)
    expect(body.equals(content)).toBe(true)
  }
})

test('nothing is left behind', async () => {
  expect(proxy.failures).toEqual([])
  const none = { connections: 0, requests: 0, addresses: 0, busy: 0, connecting: 0, waiting: 0 }
  await expect.poll(() => proxy.leftover()).toEqual(none)
})
