import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { exchange, responsesIn } from './fixture/exchange.ts'
import { openProxy, type ProxyUnderTest } from './fixture/open-proxy.ts'
import { openRecordingBackend, type RecordingBackend } from './fixture/recording-backend.ts'
import type { Expected, RequestCase } from './request/request-case.ts'
import { requestCases } from './request/request-cases.ts'

const LAST = Buffer.from('GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')

let backend: RecordingBackend
let proxy: ProxyUnderTest

beforeAll(async () => {
  backend = await openRecordingBackend()
  proxy = await openProxy(backend.origin)
})

afterEach(() => {
  expect(proxy.failures).toEqual([])
  backend.forget()
})

afterAll(async () => {
  await proxy[Symbol.asyncDispose]()
  await backend[Symbol.asyncDispose]()
})

/** The requests that came out behind the proxy, in the words of the table. */
const arrived = (): Expected[] =>
  backend.requests.map(({ method, url, body }) => ({ outcome: 'one', method, target: url, body }))

async function send({ bytes, expected }: RequestCase, cut: (all: Buffer) => Buffer[]) {
  const all = Buffer.from(bytes, 'latin1')
  if (expected.outcome === 'unfinished') return exchange(proxy.port, cut(all), { endAfterMillis: 20 })
  return exchange(proxy.port, cut(Buffer.concat([all, LAST])))
}

function expectForwarded(expected: Expected & { outcome: 'one' }, received: Buffer): void {
  const [first, second, ...more] = arrived()
  expect(first).toEqual(expected)
  // The one behind is found where it begins, unless the first asked for the end of the connection.
  if (second !== undefined) expect(second).toMatchObject({ method: 'GET', target: '/last', body: '' })
  expect(more).toEqual([])
  expect(backend.refusals).toEqual([])
  const responses = responsesIn(received, expected.method)
  expect(responses[0]?.status).toBe(200)
}

describe.each(requestCases)('over sockets: %s', (_, cases) => {
  test.each(cases)('$title', async (each) => {
    const received = await send(each, (all) => [all])
    const { expected } = each
    if (expected.outcome === 'one') return expectForwarded(expected, received)
    expect(arrived()).toEqual([])
    if (expected.outcome === 'unfinished') return
    expect(backend.received()).toBe(0)
    const method = /^HEAD /.test(each.bytes) ? 'HEAD' : 'GET'
    expect(responsesIn(received, method).map(({ status }) => status)).toEqual([expected.status])
  })

  test('come to the same when their bytes come one by one, or a few at a time', async () => {
    for (const each of cases) {
      backend.forget()
      const size = Math.ceil(each.bytes.length / 400)
      const received = await send(each, (all) =>
        Array.from({ length: Math.ceil(all.length / size) }, (_, i) =>
          all.subarray(i * size, (i + 1) * size),
        ),
      )
      if (each.expected.outcome === 'one') expectForwarded(each.expected, received)
      else expect({ title: each.title, arrived: arrived() }).toEqual({ title: each.title, arrived: [] })
    }
  })
})

test('nothing is left behind', async () => {
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
