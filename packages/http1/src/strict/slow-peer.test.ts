import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { keepAsking } from './fixture/ask.ts'
import { openHttpBackend } from './fixture/http-backend.ts'
import { heldBytes } from './fixture/memory.ts'
import { openProxy } from './fixture/open-proxy.ts'

const NONE = { connections: 0, requests: 0, addresses: 0, busy: 0, connecting: 0, waiting: 0 }
const PEERS = 100
/** What may wait on both sides of one stalled transfer: a socket's buffer and a piece in front, and the same behind. */
const BYTES_EACH = 400_000
/** Memory is given back a little after it is let go of. */
const HELD = { interval: 100 }

/** Sends the text and then one byte after the other, until the server has enough of it; what it answered. */
async function drip(port: number, text: string, everyMillis: number): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  let received = ''
  let isOver = false
  socket.on('data', (bytes) => {
    received += bytes.toString('latin1')
  })
  socket.on('error', () => socket.destroy())
  for (const event of ['end', 'close']) {
    socket.on(event, () => {
      isOver = true
    })
  }
  await once(socket, 'connect')
  socket.write(text)
  while (!isOver) {
    await sleep(everyMillis)
    socket.write('x')
  }
  socket.destroy()
  return received
}

test.each([
  ['a slow head', 'GET / HTTP/1.1\r\nHost: a\r\nX: ', 'slow-head'],
  [
    'a slow body by length',
    'POST /digest HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n',
    'slow-body',
  ],
  [
    'a slow body in one chunk',
    'POST /digest HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n',
    'slow-body',
  ],
] as const)('%s, from many at once, is refused in time while others are served', async (_, text, reason) => {
  await using backend = await openHttpBackend()
  await using proxy = await openProxy(backend.origin, {
    serverLimits: {
      headTimeoutMillis: 400,
      minBodyBytesPerSecond: 1_000,
      bodyWindowMillis: 400,
      lingerMillis: 100,
    },
  })
  const calls = keepAsking(proxy.port)
  const answers = await Promise.all(Array.from({ length: PEERS }, () => drip(proxy.port, text, 20)))
  const millis = await calls.stop()
  for (const answer of answers) expect(answer).toMatch(/^HTTP\/1\.1 408 /)
  expect(proxy.server.counts().refused[reason]).toBe(PEERS)
  expect(millis.length).toBeGreaterThan(3)
  await expect.poll(() => proxy.leftover()).toEqual(NONE)
  expect(proxy.failures).toEqual([])
})

test('readers who stop reading make the backend wait, hold little memory, and are cut off', async () => {
  await using backend = await openHttpBackend()
  await using proxy = await openProxy(backend.origin, { serverLimits: { stallTimeoutMillis: 1_000 } })
  const before = heldBytes()
  const readers = Array.from({ length: 10 }, () => connect({ port: proxy.port, host: '127.0.0.1' }))
  for (const reader of readers) {
    reader.on('error', () => reader.destroy())
    reader.pause()
    reader.write('GET /endless HTTP/1.1\r\nHost: a\r\n\r\n')
  }
  // What the kernel takes on its own account comes and goes; then everything stands still.
  await expect.poll(() => backend.written()).toBeGreaterThan(0)
  let written = -1
  while (written !== backend.written()) {
    written = backend.written()
    await sleep(200)
  }
  await expect.poll(() => (heldBytes() - before) / readers.length, HELD).toBeLessThan(BYTES_EACH)
  const calls = keepAsking(proxy.port)
  await expect.poll(() => proxy.server.counts().refused['slow-reader']).toBe(10)
  expect((await calls.stop()).length).toBeGreaterThan(3)
  for (const reader of readers) reader.destroy()
  await expect.poll(() => proxy.leftover()).toEqual(NONE)
})

test('a backend that takes nothing of a body makes the caller wait, holds little memory, and is given up', async () => {
  await using backend = await openHttpBackend()
  await using proxy = await openProxy(backend.origin, { clientLimits: { bodyIdleTimeoutMillis: 1_000 } })
  const before = heldBytes()
  let taken = 0
  const callers = Array.from({ length: 10 }, () => connect({ port: proxy.port, host: '127.0.0.1' }))
  const piece = Buffer.alloc(65_536)
  for (const caller of callers) {
    caller.on('error', () => caller.destroy())
    caller.write('POST /silent HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n')
    const send = (): void => {
      do taken += piece.length
      while (caller.write(piece))
    }
    caller.on('drain', send)
    send()
  }
  let seen = -1
  while (seen !== taken) {
    seen = taken
    await sleep(200)
  }
  // The callers' own memory is this process's too: what waits to be sent there is the same piece, again and again.
  await expect.poll(() => (heldBytes() - before) / callers.length, HELD).toBeLessThan(BYTES_EACH)
  await expect.poll(() => proxy.leftover()).toEqual(NONE)
  for (const caller of callers) caller.destroy()
})
