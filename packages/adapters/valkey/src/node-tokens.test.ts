import { Secret } from '@portcullis/kernel/secret'
import { type ManualClock, manualClock } from '@portcullis/ports/clock/memory'
import { openMemorySecrets } from '@portcullis/ports/secrets/memory'
import type { Secrets } from '@portcullis/ports/secrets/port'
import { tokensContract } from '@portcullis/ports/tokens/contract'
import type { FetchedToken } from '@portcullis/ports/tokens/port'
import { Redis } from 'iovalkey'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { engineIsMissing, type RunningEngine, startEngine } from './fixture/redis-server.ts'
import { openNodeTokens } from './node-tokens.ts'

const LIFE = 100_000

describe.skipIf(engineIsMissing)('tokens for backends that nodes share', () => {
  let engine: RunningEngine
  let clock: ManualClock
  let secrets: Secrets
  let fetches: number
  let prefix = 0
  const opened: { close(): Promise<void> }[] = []
  beforeAll(async () => {
    engine = await startEngine()
  })
  beforeEach(() => {
    clock = manualClock(1_000_000)
    secrets = openMemorySecrets()
    fetches = 0
    prefix++
  })
  afterEach(() => Promise.all(opened.splice(0).map((each) => each.close())))
  afterAll(() => engine.stop())

  const open = (by: ManualClock = clock, url = engine.url) => {
    const options = { url, timeoutMillis: 5_000, secrets, clock: by, prefix: `test-${prefix}` }
    const node = openNodeTokens(options)
    opened.push(node)
    return node
  }
  const fetch = async (): Promise<FetchedToken> => {
    fetches++
    return { token: new Secret(`token-${fetches}`), fetchedAt: clock.now(), expiresAt: clock.now() + LIFE }
  }
  const settle = () => new Promise((resolve) => setTimeout(resolve, 50))

  tokensContract('valkey', open)

  it('are fetched once for a thousand who ask on all nodes at the same time', async () => {
    const nodes = [open(), open(), open()]
    const slow = async () => {
      await settle()
      return fetch()
    }
    const got = await Promise.all(
      Array.from({ length: 1_000 }, async (_, i) => (await nodes[i % 3]?.get('a', slow))?.token.reveal()),
    )
    expect(new Set(got)).toEqual(new Set(['token-1']))
    expect(fetches).toBe(1)
  })

  it('are renewed by the first to whom they are old, for all', async () => {
    const [first, second] = [open(), open()]
    await first.get('a', fetch)
    await second.get('a', fetch)
    clock.advance(LIFE * 0.86)
    for (const node of [first, second]) {
      expect((await node.get('a', fetch)).token.reveal()).toBe('token-1')
      await settle()
    }
    expect(fetches).toBe(2)
    for (const node of [first, second]) expect((await node.get('a', fetch)).token.reveal()).toBe('token-2')
    expect(fetches).toBe(2)
  })

  it('are fetched anew when a backend refused them, whoever else has them', async () => {
    const [first, second] = [open(), open()]
    const token = await first.get('a', fetch)
    await second.get('a', fetch)
    expect(first.drop('a', token)).toBe(true)
    expect((await first.get('a', fetch)).token.reveal()).toBe('token-2')
    expect(second.drop('a', token)).toBe(true)
    expect((await second.get('a', fetch)).token.reveal()).toBe('token-2')
    expect(fetches).toBe(2)
  })

  it('lie in the engine sealed, and no longer than they live', async () => {
    await open().get('a', fetch)
    const redis = new Redis(engine.url.reveal())
    const [name = ''] = await redis.keys(`test-${prefix}:*`)
    expect(await redis.get(name)).toMatch(/^sealed_/)
    expect(await redis.pttl(name)).toBeGreaterThan(LIFE - 5_000)
    expect(await redis.pttl(name)).toBeLessThanOrEqual(LIFE)
    redis.disconnect()
  })

  it('that somebody else sealed are as good as none', async () => {
    await open().get('a', fetch)
    secrets = openMemorySecrets()
    expect((await open().get('a', fetch)).token.reveal()).toBe('token-2')
  })

  it('are had by each node for itself while the engine is away, and a failure keeps nobody waiting', async () => {
    const own = await startEngine()
    const [first, second] = [open(clock, own.url), open(clock, own.url)]
    const failing = () => Promise.reject(new Error('no token'))
    await expect(first.get('a', failing)).rejects.toThrow('no token')
    expect((await second.get('a', fetch)).token.reveal()).toBe('token-1')
    await own.stop()
    expect((await first.get('b', fetch)).token.reveal()).toBe('token-2')
    expect((await second.get('b', fetch)).token.reveal()).toBe('token-3')
  })
})
