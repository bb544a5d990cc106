import { once } from 'node:events'
import { copyFileSync, readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { freePorts } from '@portcullis/kernel/fixture/free-port'
import { type Running, startPortcullis } from '@portcullis/portcullis/composition/start-portcullis'
import { readSettings } from '@portcullis/portcullis/setting/read-settings'
import { collectingLog } from '@portcullis/ports/log/memory'
import { engineIsMissing, type RunningEngine, startEngine } from '@portcullis/valkey/fixture/redis-server'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { apiDeclaration, contractText } from '../src/declaration.ts'
import { type System, startSystem } from '../src/system.ts'
import { temporaryFolder } from '../src/temporary-folder.ts'

const LIMIT = 30

function limited(name: string, upstream: string, more: string): string {
  return `${apiDeclaration(name, upstream)}      policies:
        - policy: rate-limit
          config: { limit: ${LIMIT}, window: 1d, by: everyone${more} }
`
}

describe.skipIf(engineIsMissing)('two gateways that share their counters', () => {
  const folder = temporaryFolder()
  let engine: RunningEngine
  let backend: Server
  let system: System
  let second: Running
  let bases: readonly string[]

  beforeAll(async () => {
    engine = await startEngine()
    backend = createServer((_, response) => response.end('{}')).listen(0, '127.0.0.1')
    await once(backend, 'listening')
    const upstream = `http://127.0.0.1:${(backend.address() as AddressInfo).port}`
    const shared = {
      PORTCULLIS_COUNTERS_URL: engine.url.reveal(),
      // This machine may be busy with other tests.
      PORTCULLIS_COUNTERS_TIMEOUT: '5s',
    }
    system = await startSystem(shared)
    await system.running.controlPlane?.apply(
      {
        'strict.yaml': limited('strict', upstream, ''),
        'strict.openapi.yaml': contractText('[]'),
        'lenient.yaml': limited('lenient', upstream, ', whenAway: local'),
        'lenient.openapi.yaml': contractText('[]'),
      },
      { actor: 'test' },
    )
    second = await startSecond()
    bases = [system.running.addresses.gateway, second.addresses.gateway]
    for (const base of bases) {
      // What takes nothing: the revision is in force.
      await vi.waitFor(async () => expect(await statusOf(base, 'strict', 'POST')).toBe(405), 30_000)
    }
  })
  afterAll(async () => {
    await second?.close()
    await system?.[Symbol.asyncDispose]()
    backend?.close()
    await engine?.stop()
    folder[Symbol.dispose]()
  })

  async function startSecond(): Promise<Running> {
    copyFileSync(join(system.home, 'revision-key.json'), join(folder.path, 'revision-key.json'))
    const [port] = await freePorts(1)
    const settings = readSettings({
      ...system.environment,
      PORTCULLIS_ROLES: 'gateway',
      PORTCULLIS_HOME: join(folder.path, 'gateway'),
      PORTCULLIS_GATEWAY_PORT: String(port),
      PORTCULLIS_OPERATIONS_PORT: 'none',
      PORTCULLIS_REVISION_KEY_FILE: join(folder.path, 'revision-key.json'),
      PORTCULLIS_GATEWAY_CLIENT_SECRET: readFileSync(
        join(system.home, 'credentials/system/gateway.secret'),
        'utf8',
      ).trim(),
    })
    return startPortcullis(settings, collectingLog())
  }

  async function statusOf(base: string, api: string, method = 'GET'): Promise<number> {
    const response = await fetch(`${base}/${api}/v1/things`, { method })
    await response.arrayBuffer()
    return response.status
  }

  /** So many calls of each gateway, all at the same time. */
  async function callBoth(api: string, calls: number): Promise<Map<number, number>> {
    const statuses = await Promise.all(
      bases.flatMap((base) => Array.from({ length: calls }, () => statusOf(base, api))),
    )
    return new Map([...Map.groupBy(statuses, (each) => each)].map(([status, all]) => [status, all.length]))
  }

  test('admit together exactly the limit', async () => {
    expect(await callBoth('strict', LIMIT)).toEqual(
      new Map([
        [200, LIMIT],
        [429, LIMIT],
      ]),
    )
    expect(await callBoth('strict', 2)).toEqual(new Map([[429, 4]]))
  })

  test('do without the engine what the limit chose: refuse, or count by themselves', async () => {
    const before = await callBoth('lenient', 4)
    expect(before).toEqual(new Map([[200, 8]]))
    await engine.stop()
    expect(await callBoth('strict', 2)).toEqual(new Map([[503, 4]]))
    const meanwhile = (await callBoth('lenient', LIMIT)).get(200) ?? 0
    expect(meanwhile).toBeGreaterThan(0)
    expect(meanwhile).toBeLessThanOrEqual(2 * LIMIT - 8)
  })
})
