import { copyFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePorts } from '@portcullis/kernel/fixture/free-port'
import { type Running, startPortcullis } from '@portcullis/portcullis/composition/start-portcullis'
import { readSettings } from '@portcullis/portcullis/setting/read-settings'
import { collectingLog } from '@portcullis/ports/log/memory'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { stockViewerToken } from '../src/caller.ts'
import { type System, startSystem } from '../src/system.ts'
import { temporaryFolder } from '../src/temporary-folder.ts'

describe('a gateway in a process of its own', () => {
  const folder = temporaryFolder()
  let system: System
  let gateway: Running
  let settings: Record<string, string>
  let token: string
  beforeAll(async () => {
    system = await startSystem()
    token = await stockViewerToken(system)
    copyFileSync(join(system.home, 'revision-key.json'), join(folder.path, 'revision-key.json'))
    const [port] = await freePorts(1)
    settings = {
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
    }
    gateway = await start(settings)
  })
  afterAll(async () => {
    await gateway?.close()
    await system?.[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  })

  test('fetches the revision and enforces it', async () => {
    expect(await statuses()).toEqual({ health: 200, items: 200, orders: 403 })
  })

  test('goes on when the control plane is away, and says so in no answer', async () => {
    await system.running.servers['control-plane']?.close()
    expect(await statuses()).toEqual({ health: 200, items: 200, orders: 403 })
  })

  test('starts again from its disk while the control plane is still away', async () => {
    await gateway.close()
    gateway = await start(settings)
    expect(await statuses()).toEqual({ health: 200, items: 200, orders: 403 })
  })

  async function statuses(): Promise<Record<string, number>> {
    const base = `${gateway.addresses.gateway}/warehouse/v1`
    const headers = { Authorization: `Bearer ${token}` }
    const [health, items, orders] = await Promise.all([
      fetch(`${base}/health`),
      fetch(`${base}/items`, { headers }),
      fetch(`${base}/orders`, { method: 'POST', headers, body: '{}' }),
    ])
    return { health: health.status, items: items.status, orders: orders.status }
  }
})

function start(environment: Record<string, string>): Promise<Running> {
  return startPortcullis(readSettings(environment), collectingLog())
}
