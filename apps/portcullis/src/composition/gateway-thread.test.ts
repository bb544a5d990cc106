import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Gateway, startGateway } from '@portcullis/gateway/start-gateway'
import { type Backend, openBackend, readAll } from '@portcullis/gateway/test-kit/backend'
import { openTestControlPlane, type TestControlPlane } from '@portcullis/gateway/test-kit/control-plane'
import { shopRevision } from '@portcullis/gateway/test-kit/front'
import { attach } from '@portcullis/gateway/test-kit/policy'
import { catalog } from '@portcullis/policies/catalog'
import { openMemoryApiKeys } from '@portcullis/ports/api-keys/memory'
import { openMemoryAssertions } from '@portcullis/ports/assertions/memory'
import { openMemoryCountries } from '@portcullis/ports/countries/memory'
import { openMemoryIdentities } from '@portcullis/ports/identities/memory'
import { openMemoryKeys } from '@portcullis/ports/keys/memory'
import { collectingLog } from '@portcullis/ports/log/memory'
import { openMemoryRevocations } from '@portcullis/ports/revocations/memory'
import { openMemoryRisk } from '@portcullis/ports/risk/memory'
import { openMemoryTokens } from '@portcullis/ports/tokens/memory'
import { openMemoryVault } from '@portcullis/ports/vault/memory'
import { openMemoryWeb } from '@portcullis/ports/web/memory'
import { openSharedCounters } from '@portcullis/shared-memory/shared-counters'
import { openSharedGenerations } from '@portcullis/shared-memory/shared-generations'
import { shiftedClock } from '@portcullis/system/shifted-clock'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { GatewayThreadData } from './gateway-thread.ts'

const LIMIT = 50

describe('threads of the gateway', () => {
  let home: string
  let backend: Backend
  let control: TestControlPlane
  let gateway: Gateway
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'portcullis-gateway-thread-'))
    backend = await openBackend()
    control = await openTestControlPlane()
    const config = { limit: LIMIT, window: '1d', by: 'everyone' }
    await control.publish(shopRevision(backend.url, { policies: [attach('rate-limit', config)] }))
    const counters = openSharedCounters({ capacity: 1000 })
    const clock = shiftedClock()
    const generations = openSharedGenerations()
    const data: GatewayThreadData = {
      counters: counters.handle(),
      generations: generations.handle(),
      controlPlane: { ...control.address, clientSecret: control.address.clientSecret.reveal() },
      shift: clock.shift,
    }
    gateway = await startGateway({
      listen: { host: '127.0.0.1', port: 0 },
      home,
      controlPlane: control.address,
      revisionKey: control.revisionKey,
      ports: {
        counters,
        generations,
        clock,
        keys: openMemoryKeys({}),
        revocations: openMemoryRevocations(clock),
        apiKeys: openMemoryApiKeys(),
        identities: openMemoryIdentities({}),
        assertions: openMemoryAssertions().assertions,
        web: openMemoryWeb({}),
        tokens: openMemoryTokens({ clock }),
        vault: openMemoryVault({}),
        countries: openMemoryCountries({}),
        risk: openMemoryRisk(() => 0),
      },
      catalog,
      threads: { count: 2, module: new URL('./gateway-thread.ts', import.meta.url).href, data },
      decisions: { take: async () => undefined },
      log: collectingLog(),
    })
    await gateway.ready()
  })
  afterEach(async () => {
    await gateway.close()
    await control.stop()
    await backend.close()
    await rm(home, { recursive: true })
  })

  test('admit together exactly what a limit allows, however many calls come at once', async () => {
    const statuses = await Promise.all(Array.from({ length: LIMIT * 4 }, () => call(gateway)))
    expect(statuses.filter((status) => status === 200)).toHaveLength(LIMIT)
    expect(statuses.filter((status) => status === 429)).toHaveLength(LIMIT * 3)
    expect(backend.seen).toHaveLength(LIMIT)
    for (const { calls } of await gateway.threads()) expect(calls).toBeGreaterThan(0)
  })
})

/** On a connection of its own, so that the system chooses the thread. */
async function call(gateway: Gateway): Promise<number> {
  const [answer] = await once(get(`${gateway.url}/shop/v1/things`, { agent: false }), 'response')
  await readAll(answer)
  return answer.statusCode
}
