import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { Agent, get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Decision } from '@portcullis/model/decision/decision'
import { unpackBatch } from '@portcullis/model/decision/decision-batch'
import type { Revision } from '@portcullis/model/revision'
import { collectingLog } from '@portcullis/ports/log/memory'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Gateway, gatewayLimits, startGateway } from '../start-gateway.ts'
import { type Backend, openBackend, readAll } from '../test-kit/backend.ts'
import { openTestControlPlane, type TestControlPlane } from '../test-kit/control-plane.ts'
import { shopRevision, testPorts } from '../test-kit/front.ts'
import { attach, testCatalog } from '../test-kit/policy.ts'
import type { ThreadData } from '../test-kit/thread.ts'

const THREADS = 2

let home: string
let backend: Backend
let control: TestControlPlane
let log: ReturnType<typeof collectingLog>
let decisions: Decision[]
let slowBackend: Backend | undefined
const gateways: Gateway[] = []

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'portcullis-threads-'))
  backend = await openBackend()
  control = await openTestControlPlane()
  log = collectingLog()
  decisions = []
})

afterEach(async () => {
  await Promise.all(gateways.splice(0).map((each) => each.close()))
  await control.stop().catch(() => undefined)
  await backend.close()
  await slowBackend?.close()
  slowBackend = undefined
  await rm(home, { recursive: true })
})

async function start(changes: Partial<Parameters<typeof startGateway>[0]> = {}): Promise<Gateway> {
  const data: ThreadData = { bound: new Int32Array(new SharedArrayBuffer(4)) }
  const gateway = await startGateway({
    listen: { host: '127.0.0.1', port: 0 },
    home,
    controlPlane: control.address,
    revisionKey: control.revisionKey,
    ports: testPorts,
    catalog: testCatalog,
    threads: { count: THREADS, module: new URL('../test-kit/thread.ts', import.meta.url).href, data },
    decisions: { take: async (batches) => void decisions.push(...batches.flatMap(unpackBatch)) },
    log,
    gatewayId: 'gateway-1',
    limits: { ...gatewayLimits, pollMillis: 60_000, maxRetryMillis: 200, drainMillis: 3_000 },
    ...changes,
  })
  gateways.push(gateway)
  return gateway
}

const shop = (number: number, changes: Partial<Revision> = {}) =>
  shopRevision(backend.url, { number, ...changes })

/** With shop 1 in force, and the control plane ready to tell of more. */
async function startWithShop(changes: Partial<Revision> = {}): Promise<Gateway> {
  await control.publish(shop(1, changes))
  const gateway = await start()
  await gateway.ready()
  await expect.poll(() => control.asked.calls).toContain('GET /v1/gateway/events')
  return gateway
}

/** A call on a connection of its own, unless the agent keeps one; `undefined` when it was lost. */
async function call(
  gateway: Gateway,
  options: { readonly agent?: Agent; readonly headers?: Record<string, string> } = {},
): Promise<number | undefined> {
  const sent = get(`${gateway.url}/shop/v1/things`, { agent: false, ...options })
  try {
    const [answer] = await once(sent, 'response')
    await readAll(answer)
    return answer.statusCode
  } catch {
    return undefined
  }
}

async function callMany(gateway: Gateway, count: number): Promise<(number | undefined)[]> {
  return Promise.all(Array.from({ length: count }, () => call(gateway)))
}

const callsOf = async (gateway: Gateway) => (await gateway.threads()).map((each) => each.calls)
const liveOf = async (gateway: Gateway) => (await gateway.threads()).map((each) => each.live)
const logged = (text: string) => log.lines.filter((line) => line.message.includes(text))

describe('a gateway of two threads', () => {
  test('answers calls in both, at one port that was free', async () => {
    const gateway = await startWithShop()
    expect(new Set(await callMany(gateway, 60))).toEqual(new Set([200]))
    const counts = await callsOf(gateway)
    expect(counts).toHaveLength(THREADS)
    expect(counts.every((each) => each > 0)).toBe(true)
    expect(counts.reduce((sum, each) => sum + each)).toBe(60)
  })

  test('answers 503 in both until a revision is live', async () => {
    const gateway = await start()
    expect(new Set(await callMany(gateway, 20))).toEqual(new Set([503]))
    expect(await liveOf(gateway)).toEqual([[], []])
  })

  test('hands over the record of every call of both, and on close those that still wait', async () => {
    const gateway = await startWithShop()
    await callMany(gateway, 40)
    await gateways.splice(0)[0]?.close()
    expect(decisions.map((each) => each.outcome)).toEqual(Array(40).fill('allowed'))
    expect(new Set(decisions.map((each) => each.id)).size).toBe(40)
  })

  test('brings what its threads log to the one log', async () => {
    const gateway = await startWithShop({ policies: [attach('gate', { answer: 'throw' })] })
    await callMany(gateway, 20)
    await expect.poll(() => logged('a call failed')).toHaveLength(20)
    expect(logged('a call failed')[0]).toMatchObject({ level: 'warn', fields: { code: 'step.failed' } })
  })

  test('acknowledges a revision only when it is in force in every thread', async () => {
    const gateway = await startWithShop()
    for (let number = 2; number <= 9; number++) {
      const isOpen = number % 2 === 1
      await control.publish(shop(number, { policies: isOpen ? [] : [attach('gate', { answer: 'refuse' })] }))
      await expect.poll(() => control.acknowledged, { interval: 2 }).toHaveLength(number)
      expect(new Set(await callMany(gateway, 12))).toEqual(new Set([isOpen ? 200 : 403]))
    }
  })

  test('keeps the old revision in every thread when one of them refuses the new, and says so', async () => {
    const gateway = await startWithShop()
    await control.publish(shop(2, { policies: [attach('picky')] }))
    await expect.poll(() => logged('the one before stays')).toHaveLength(1)
    expect(logged('the one before stays')[0]?.fields.cause).toMatchObject({ code: 'revision.bad-content' })
    expect(await liveOf(gateway)).toEqual([['hmart/production#1'], ['hmart/production#1']])
    expect(control.acknowledged).toHaveLength(1)
    await control.publish(shop(3))
    await expect.poll(() => liveOf(gateway)).toEqual([['hmart/production#3'], ['hmart/production#3']])
  })

  test('does not start at an address where another such gateway listens, though both would share it', async () => {
    const gateway = await start()
    await expect(start({ listen: { host: '127.0.0.1', port: gateway.port } })).rejects.toThrow(/EADDRINUSE/)
    expect(gateways).toHaveLength(1)
  })

  test('does not start with a module that is not there', async () => {
    const threads = { count: THREADS, module: new URL('./nowhere.ts', import.meta.url).href, data: undefined }
    await expect(start({ threads })).rejects.toThrow(/thread 1|thread 2/)
  })

  test('lets calls under way end when it closes, and takes no more', async () => {
    slowBackend = await openBackend((_, response) => {
      response.write('first, ')
      setTimeout(() => response.end('last'), 600)
    })
    await control.publish(shopRevision(slowBackend.url))
    const gateway = await start()
    await gateway.ready()
    const calls = Array.from({ length: 8 }, async () => {
      const [answer] = await once(get(`${gateway.url}/shop/v1/things`, { agent: false }), 'response')
      return (await readAll(answer)).toString()
    })
    await expect.poll(async () => (await callsOf(gateway)).reduce((sum, each) => sum + each)).toBe(8)
    await gateways.splice(0)[0]?.close()
    expect(await call(gateway)).toBeUndefined()
    expect(new Set(await Promise.all(calls))).toEqual(new Set(['first, last']))
    expect(decisions).toHaveLength(8)
  })
})

describe('a thread that ends', () => {
  const CONNECTIONS = 24

  test('loses its own connections and no others, and is replaced with the live revision', async () => {
    const gateway = await startWithShop({ policies: [attach('crash')] })
    const agents = Array.from({ length: CONNECTIONS }, () => new Agent({ keepAlive: true, maxSockets: 1 }))
    let lost = 0
    for (const agent of agents) {
      await call(gateway, { agent })
      for (const socket of Object.values(agent.freeSockets).flat()) socket?.once('close', () => lost++)
    }
    const before = await callsOf(gateway)
    await call(gateway, { headers: { crash: 'now' } })
    await expect.poll(() => logged('ended and is replaced')).toHaveLength(1)
    const number = Number(logged('ended and is replaced')[0]?.fields.thread)
    await expect.poll(() => lost).toBe(before[number - 1])
    expect(lost).toBeLessThan(CONNECTIONS)

    await expect.poll(() => logged('was replaced')).toHaveLength(1)
    expect(await liveOf(gateway)).toEqual([['hmart/production#1'], ['hmart/production#1']])
    expect(new Set(await callMany(gateway, 60))).toEqual(new Set([200]))
    expect((await callsOf(gateway))[number - 1]).toBeGreaterThan(0)
    for (const agent of agents) agent.destroy()
    expect(lost).toBeGreaterThan(0)
  })

  test('and is caught in a loop, is replaced too', async () => {
    await control.publish(shop(1, { policies: [attach('hang')] }))
    const gateway = await start({ limits: { ...gatewayLimits, hungAfterMillis: 1_000, drainMillis: 500 } })
    await gateway.ready()
    const hung = call(gateway, { headers: { hang: 'now' } })
    // On a machine that has no time for a second, the other thread may seem to hang as well.
    await expect.poll(() => logged('was replaced').length).toBeGreaterThanOrEqual(1)
    expect(logged('ended and is replaced')[0]?.fields.cause).toMatchObject({
      message: expect.stringContaining('no sign of life for 1000 ms'),
    })
    expect(await hung).toBeUndefined()
    await expect.poll(async () => new Set(await callMany(gateway, 20))).toEqual(new Set([200]))
  })

  test('and ends again and again while revisions come, is replaced every time at the latest of them', async () => {
    const policies = [attach('crash')]
    const gateway = await startWithShop({ policies })
    for (let number = 2; number <= 5; number++) {
      await expect.poll(() => gateway.threads()).toHaveLength(THREADS)
      await call(gateway, { headers: { crash: 'now' } })
      await control.publish(shop(number, { policies }))
    }
    const latest = [['hmart/production#5'], ['hmart/production#5']]
    await expect.poll(() => liveOf(gateway)).toEqual(latest)
    expect(logged('ended and is replaced')).toHaveLength(4)
    expect(new Set(await callMany(gateway, 40))).toEqual(new Set([200]))
  })

  test('is not replaced any more once the gateway closes', async () => {
    const gateway = await startWithShop({ policies: [attach('crash')] })
    await call(gateway, { headers: { crash: 'now' } })
    await gateways.splice(0)[0]?.close()
    expect(await gateway.threads()).toEqual([])
  })
})

describe('a revision of 1,000 operations', () => {
  const manyOperations = (number: number): Revision => {
    const { apis } = shop(number)
    const [api] = apis
    const [one] = api?.operations ?? []
    if (api === undefined || one === undefined) throw new Error('the shop has an operation')
    const more = Array.from({ length: 1000 }, (_, i) => ({
      ...one,
      id: `part${i}`,
      path: `/parts${i}/{id}`,
      policies: [attach('stamp', { text: `${i}` })],
    }))
    return shop(number, { apis: [{ ...api, operations: [...api.operations, ...more] }] })
  }

  test('comes into force under load without a call that is lost or refused', async () => {
    const gateway = await startWithShop()
    let done = false
    const statuses: (number | undefined)[] = []
    const callers = Array.from({ length: 16 }, async (_, i) => {
      const agent = new Agent({ keepAlive: i % 2 === 0, maxSockets: 1 })
      while (!done) statuses.push(await call(gateway, { agent }))
      agent.destroy()
    })
    for (let number = 2; number <= 6; number++) {
      await control.publish(manyOperations(number))
      await expect.poll(() => control.acknowledged).toContain(`hmart/production#${number}@gateway-1`)
    }
    done = true
    await Promise.all(callers)
    expect(statuses.length).toBeGreaterThan(50)
    expect(new Set(statuses)).toEqual(new Set([200]))
  })
})
