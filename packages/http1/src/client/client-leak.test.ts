import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { ClientRequest, Response } from '../message.ts'
import { get, OK, openRawBackend, post, type RawConnection, textOf } from './fixture/raw-backend.ts'
import { openHttp1Client } from './open-http1-client.ts'

/** Whatever a backend may do with a request, by the number in its target. */
const behaviours: Readonly<Record<string, (connection: RawConnection) => unknown>> = {
  answers: (connection) => connection.write(OK),
  closes: (connection) => connection.socket.end(),
  resets: (connection) => connection.reset(),
  'is silent': () => undefined,
  'answers too much': (connection) => connection.write(`${OK}${OK}`),
  'answers half': (connection) => connection.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nha'),
  'answers half and closes': (connection) =>
    connection.socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nha\r\n'),
  'answers nonsense': (connection) => connection.write('nonsense\r\n\r\n'),
  'answers in bad chunks': (connection) =>
    connection.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x\r\nha\r\n'),
  'answers slowly': async (connection) => {
    connection.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n')
    await sleep(10)
    connection.write('ok')
  },
  'answers without end': async (connection) => {
    connection.write('HTTP/1.1 200 OK\r\n\r\n')
    while (!connection.isClosed) {
      connection.write('x'.repeat(10_000))
      await sleep(2)
    }
  },
}
const names = Object.keys(behaviours)

/** What a caller may do with the response. */
const readers: ((response: Response) => Promise<unknown>)[] = [
  (response) => textOf(response.body),
  async ({ body }) => {
    if (body === undefined || body instanceof Uint8Array) return
    for await (const _ of body) return
  },
  async ({ body }) => {
    if (body !== undefined && !(body instanceof Uint8Array)) await body[Symbol.asyncIterator]().return?.()
  },
]

/** The same numbers every time. */
function randoms(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

describe('a client among backends and callers that do anything', () => {
  test.each([1, 2])(
    'settles every request and leaves no connection, waiter or timer behind (%i)',
    async (seed) => {
      const random = randoms(seed)
      await using backend = await openRawBackend(async (connection) => {
        for (let head = await connection.readHead(); head !== ''; head = await connection.readHead()) {
          const [, index = '0'] = head.split(' ')[1]?.split('/') ?? []
          await behaviours[names[Number(index)] ?? 'answers']?.(connection)
        }
      })
      const limits = { maxConnectionsPerOrigin: 12, maxWaitingPerOrigin: 100, waitTimeoutMillis: 2_000 }
      const times = { headTimeoutMillis: 100, bodyIdleTimeoutMillis: 100, totalTimeoutMillis: 3_000 }
      const client = openHttp1Client({ ...limits, ...times, keepAliveMillis: 50 })
      let settled = 0

      async function one(): Promise<void> {
        const caller = new AbortController()
        const timer = random(4) === 0 ? setTimeout(() => caller.abort(), random(40)) : undefined
        const { signal } = caller
        const target = `/${random(names.length)}`
        const bodies = [undefined, Buffer.from('whole'), streamed(random(30_000))]
        const body = bodies[random(bodies.length)]
        const request: ClientRequest =
          random(2) === 0 ? get({ target, signal }) : post(body, { target, signal })
        const reader = readers[random(readers.length)] as (response: Response) => Promise<unknown>
        await client.request(backend.origin, request).then(reader).catch(ignore)
        clearTimeout(timer)
        settled++
        expect(client.counts().open).toBeLessThanOrEqual(12)
      }

      const callers = Array.from({ length: 20 }, async () => {
        for (let i = 0; i < 8; i++) await one()
      })
      await Promise.all(callers)
      expect(settled).toBe(160)
      await expect.poll(() => client.counts()).toEqual(NONE)
      await expect.poll(backend.open).toBe(0)
      client.close()
    },
  )
})

const NONE = { open: 0, connecting: 0, idle: 0, waiting: 0 }

async function* streamed(bytes: number): AsyncGenerator<Uint8Array> {
  for (let left = bytes; left > 0; left -= 10_000) {
    yield Buffer.alloc(Math.min(left, 10_000))
    await sleep(1)
  }
}

/** Every failure is a good answer here: what counts is that there is one. */
function ignore(): void {}
