import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, test } from 'vitest'
import { serverLimits } from '../server/server-limit.ts'
import { keepAsking } from './fixture/ask.ts'
import { openHttpBackend } from './fixture/http-backend.ts'
import { heldBytes } from './fixture/memory.ts'
import { openProxy } from './fixture/open-proxy.ts'

/** Ten thousand, or as many as this machine lets one process hold, less some for everything else. */
const allowed = execFileSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).trim()
const MOST = Math.min(
  10_000,
  allowed === 'unlimited' ? 10_000 : 10 * Math.floor(Number(allowed) / 10) - 1_000,
)
/** What one connection that does nothing may cost: its socket object, ours, and half a head. */
const BYTES_EACH = 12_288

const limits = { ...serverLimits, maxConnectionsPerAddress: 16_384 }
const children: ChildProcess[] = []

afterEach(() => {
  for (const child of children.splice(0)) child.kill()
})

/** Opens that many connections from a process of its own; they stay until the server or the test ends them. */
async function openIdle(port: number, count: number, first: string) {
  const script = fileURLToPath(new URL('./fixture/idle-clients.ts', import.meta.url))
  const child = spawn(process.execPath, [script, String(port), String(count), first], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  children.push(child)
  let told = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    told += text
  })
  while (!told.includes('open')) await once(child.stdout, 'data')
  return {
    told: () => told,
    async end() {
      child.stdin.end()
      await once(child, 'exit')
    },
  }
}

const median = (millis: readonly number[]): number =>
  [...millis].sort((a, b) => a - b)[Math.floor(millis.length / 2)] ?? 0

test(`${MOST} connections that do nothing cost little memory, and others are served all the while`, async () => {
  await using backend = await openHttpBackend()
  await using proxy = await openProxy(backend.origin, { serverLimits: limits })
  const calls = keepAsking(proxy.port)
  const before = heldBytes()
  // Some have had an answer, and some are within a head.
  const answered = await openIdle(proxy.port, MOST / 10, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  const begun = await openIdle(proxy.port, (MOST / 10) * 9, 'GET / HTTP/1.1\r\nHost: a\r\nX: ')
  await expect.poll(() => proxy.server.counts().connections).toBe(MOST + 1)
  await expect.poll(() => proxy.leftover().requests).toBeLessThanOrEqual(1)
  await expect.poll(() => (heldBytes() - before) / MOST).toBeLessThan(BYTES_EACH)
  const millis = await calls.stop()
  expect(millis.length).toBeGreaterThan(10)
  expect(median(millis)).toBeLessThan(1_000)
  await Promise.all([answered.end(), begun.end()])
  await expect.poll(() => proxy.server.counts().connections).toBe(0)
  expect(proxy.server.counts().addresses).toBe(0)
})

describe('a flood of connections', () => {
  test('that send nothing is closed in time, and others are served all the while', async () => {
    await using backend = await openHttpBackend()
    await using proxy = await openProxy(backend.origin, {
      serverLimits: { headTimeoutMillis: 500, lingerMillis: 200 },
    })
    const calls = keepAsking(proxy.port)
    const idle = await openIdle(proxy.port, 1_000, '')
    await expect.poll(() => idle.told()).toContain('closed')
    const millis = await calls.stop()
    expect(median(millis)).toBeLessThan(1_000)
    await expect.poll(() => proxy.server.counts().connections).toBe(0)
  })

  test('from one address is stopped at the limit, and others are served all the while', async () => {
    await using backend = await openHttpBackend()
    await using proxy = await openProxy(backend.origin, { serverLimits: { maxConnectionsPerAddress: 100 } })
    const calls = keepAsking(proxy.port)
    await expect.poll(() => proxy.server.counts().connections).toBe(1)
    const idle = await openIdle(proxy.port, 500, '')
    await expect.poll(() => proxy.server.counts().refused['connection-limit']).toBe(401)
    expect(proxy.server.counts().connections).toBe(100)
    expect((await calls.stop()).length).toBeGreaterThan(0)
    await idle.end()
    await expect.poll(() => proxy.server.counts().connections).toBe(0)
  })
})
