import { Agent } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { ask } from './fixture/ask.ts'
import { digestOf, openHttpBackend, pattern } from './fixture/http-backend.ts'
import { heldBytes } from './fixture/memory.ts'
import { openProxy } from './fixture/open-proxy.ts'

/** A few seconds, or as long as is asked for. */
const seconds = Number(process.env.HTTP1_SOAK_SECONDS ?? 3)
const NONE = { connections: 0, requests: 0, addresses: 0, busy: 0, connecting: 0, waiting: 0 }
const CALLERS = 12

test(`${seconds} seconds of everything at once leave memory flat and nothing behind`, {
  timeout: seconds * 1000 + 60_000,
}, async () => {
  await using backend = await openHttpBackend()
  await using proxy = await openProxy(backend.origin)
  const { port } = proxy
  const agent = new Agent({ keepAlive: true, maxSockets: 8 })
  const content = pattern(100_000)
  const digest = digestOf(content)

  const upload = async (headers: Record<string, string | number>) => {
    const { body } = await ask(port, '/digest', { method: 'POST', agent, body: content, headers })
    expect(JSON.parse(body.toString())).toEqual({ bytes: content.length, digest })
  }
  const raw = async (text: string, millis: number) => {
    const socket = connect({ port, host: '127.0.0.1' })
    socket.on('error', () => socket.destroy())
    socket.on('data', () => {})
    socket.write(text)
    await sleep(millis)
    socket.destroy()
  }
  /** One after the other for every caller, each beginning elsewhere. */
  const traffic: readonly (() => Promise<unknown>)[] = [
    () => ask(port, '/', { agent }),
    () => ask(port, '/'),
    () => ask(port, '/', { method: 'HEAD', agent }),
    () => upload({ 'Content-Length': content.length }),
    () => upload({ 'Transfer-Encoding': 'chunked' }),
    () => upload({ 'Content-Length': content.length, Expect: '100-continue' }),
    async () => {
      const { body } = await ask(port, '/bytes?count=100000', { agent })
      expect(digestOf(body)).toBe(digest)
    },
    () => ask(port, '/dies?after=5000').catch(() => 'as it should'),
    () => ask(port, '/dies?after=nothing'),
    () => raw('GET /endless HTTP/1.1\r\nHost: a\r\n\r\n', 10),
    () => raw('GET /slow HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(3), 5),
    () => raw('POST /digest HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx', 5),
    () => raw('GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n', 5),
    () => raw('no request at all\r\n\r\n', 5),
  ]

  let isOver = false
  let calls = 0
  const callers = Array.from({ length: CALLERS }, async (_, start) => {
    for (let i = start; !isOver; i++) {
      await traffic[i % traffic.length]?.()
      calls++
    }
  })
  // Code is compiled and caches fill in the first third; what is held after it may not grow any more.
  await sleep((seconds * 1000) / 3)
  const before = heldBytes()
  await sleep((seconds * 2000) / 3)
  isOver = true
  await Promise.all(callers)
  agent.destroy()
  await expect.poll(() => proxy.leftover()).toEqual(NONE)
  expect(heldBytes() - before).toBeLessThan(4_000_000)
  expect(calls).toBeGreaterThan(100)
  expect(proxy.failures).toEqual([])
})
