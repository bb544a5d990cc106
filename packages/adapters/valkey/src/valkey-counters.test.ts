import { Secret } from '@portcullis/kernel/secret'
import { manualClock } from '@portcullis/ports/clock/memory'
import { countersContract } from '@portcullis/ports/counters/contract'
import { type Counters, countersFaults, type Limit } from '@portcullis/ports/counters/port'
import { collectingLog } from '@portcullis/ports/log/memory'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { openConnection } from './connection.ts'
import { engineIsMissing, type RunningEngine, startEngine } from './fixture/redis-server.ts'
import { openValkeyCounters } from './valkey-counters.ts'

const PATIENT_MILLIS = 10_000

async function turns(count: number): Promise<string> {
  for (let left = count; left > 0; left--) await new Promise((resolve) => setImmediate(resolve))
  return 'still waiting'
}

describe.skipIf(engineIsMissing)('counters in a real engine', () => {
  let engine: RunningEngine
  beforeAll(async () => {
    engine = await startEngine()
  })
  afterAll(() => engine.stop())

  let opened = 0
  const open = (prefix = `test-${++opened}`, now?: () => number): Counters => {
    const connection = openConnection({ url: engine.url, timeoutMillis: PATIENT_MILLIS })
    return openValkeyCounters({ connection, prefix, ...(now && { now }) })
  }

  countersContract('valkey', () => {
    const clock = manualClock()
    const prefix = `test-${++opened}`
    return { counters: open(prefix, clock.now), other: open(prefix, clock.now), advance: clock.advance }
  })

  it('count by the clock of the engine, and admit together exactly what one would', async () => {
    const prefix = `test-${++opened}`
    const all = [open(prefix), open(prefix), open(prefix)]
    const limit: Limit = { limit: 1, windowMillis: 86_400_000, burst: 250 }
    const takes = await Promise.all(
      Array.from({ length: 900 }, (_, i) => (all[i % 3] as Counters).take('key', limit, 1)),
    )
    expect(takes.filter(({ taken }) => taken)).toHaveLength(250)
    const quick: Limit = { limit: 100, windowMillis: 1000, burst: 1 }
    await all[0]?.take('quick', quick, 1)
    await expect.poll(() => all[1]?.take('quick', quick, 1)).toMatchObject({ taken: true })
    await Promise.all(all.map((each) => each.close()))
  })
})

describe.skipIf(engineIsMissing)('counters whose engine is away', () => {
  const started: RunningEngine[] = []
  const start = async (port?: number): Promise<RunningEngine> => {
    const engine = await startEngine(port)
    started.push(engine)
    return engine
  }
  afterEach(async () => {
    await Promise.all(started.splice(0).map((each) => each.stop()))
  })

  const limit: Limit = { limit: 9, windowMillis: 60_000, burst: 9 }

  it('reject, at once when it is known, and count again when it is back', async () => {
    const first = await start()
    const log = collectingLog()
    const counters = openValkeyCounters({
      connection: openConnection({ url: first.url, timeoutMillis: 2000, log }),
    })
    expect(await counters.take('key', limit, 1)).toMatchObject({ taken: true })
    await first.stop()
    await expect(counters.take('key', limit, 1)).rejects.toSatisfy(countersFaults.unavailable.is)
    await expect(counters.hold('key', { places: 1 })).rejects.toSatisfy(countersFaults.unavailable.is)
    await start(first.port)
    await expect.poll(() => counters.take('key', limit, 1)).toMatchObject({ taken: true })
    expect(log.lines.map(({ message }) => message)).toEqual([
      'the shared counters are away',
      'the shared counters are back',
    ])
    expect(JSON.stringify(log.lines)).not.toContain('correct')
    await counters.close()
  })

  it('reject when the engine does not answer in time, and then without waiting for it', async () => {
    const engine = await start()
    const counters = openValkeyCounters({
      connection: openConnection({ url: engine.url, timeoutMillis: 150 }),
    })
    await expect.poll(() => counters.take('key', limit, 1)).toMatchObject({ taken: true })
    engine.freeze()
    await expect(counters.take('key', limit, 1)).rejects.toSatisfy(countersFaults.unavailable.is)
    // In turns of the event loop, in none of which a timer is waited for.
    const refused = Promise.resolve(counters.take('key', limit, 1)).catch(() => 'refused')
    expect(await Promise.race([refused, turns(10)])).toBe('refused')
    engine.thaw()
    await expect.poll(() => counters.take('key', limit, 1)).toMatchObject({ taken: true })
    await counters.close()
  })

  it('reject where nobody listens, or the password is wrong', async () => {
    const engine = await start()
    for (const wrong of [`redis://127.0.0.1:${engine.port}`, 'redis://127.0.0.1:1']) {
      const url = new Secret(wrong)
      const counters = openValkeyCounters({ connection: openConnection({ url, timeoutMillis: 500 }) })
      await expect(counters.take('key', limit, 1)).rejects.toSatisfy(countersFaults.unavailable.is)
      await counters.close()
    }
  })
})
