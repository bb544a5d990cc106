import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RevocableToken, Revocation } from '@portcullis/model/news/revocation'
import { type MemoryApiKeys, openMemoryApiKeys } from '@portcullis/ports/api-keys/memory'
import { collectingLog } from '@portcullis/ports/log/memory'
import { type MemoryRevocations, openMemoryRevocations } from '@portcullis/ports/revocations/memory'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Gateway, gatewayLimits, startGateway } from '../start-gateway.ts'
import { openTestControlPlane, type TestControlPlane } from '../test-kit/control-plane.ts'
import { testClock, testPorts } from '../test-kit/front.ts'
import { testCatalog } from '../test-kit/policy.ts'

const issuer = 'https://auth.example/hmart'
const token: RevocableToken = {
  issuer,
  id: 't1',
  client: 'robot',
  subject: 'ada',
  issuedAt: Date.now() - 1000,
}
const revoked = (value: string): Omit<Revocation, 'position'> => ({
  issuer,
  what: 'token',
  value,
  before: Date.now(),
  until: Date.now() + 3_600_000,
})

let home: string
let control: TestControlPlane
let apiKeys: MemoryApiKeys
let log: ReturnType<typeof collectingLog>
const gateways: Gateway[] = []

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'portcullis-revocations-'))
  control = await openTestControlPlane()
  log = collectingLog()
})

afterEach(async () => {
  await Promise.all(gateways.splice(0).map((each) => each.close()))
  await control.stop().catch(() => undefined)
  await rm(home, { recursive: true })
})

async function start(pollMillis = 60_000): Promise<MemoryRevocations> {
  const revocations = openMemoryRevocations(testClock)
  apiKeys = openMemoryApiKeys()
  const gateway = await startGateway({
    listen: { host: '127.0.0.1', port: 0 },
    home,
    controlPlane: control.address,
    revisionKey: control.revisionKey,
    ports: { ...testPorts, revocations, apiKeys },
    catalog: testCatalog,
    decisions: { take: async () => undefined },
    log,
    gatewayId: 'gateway-1',
    limits: { ...gatewayLimits, pollMillis, maxRetryMillis: 200, drainMillis: 500 },
  })
  gateways.push(gateway)
  return revocations
}

const stop = () => Promise.all(gateways.splice(0).map((each) => each.close()))

describe('a gateway and what is revoked', () => {
  test('refuses it as soon as it is told, and acknowledges it only then', async () => {
    const revocations = await start()
    await expect.poll(() => control.acknowledgedPositions).toContain(0)
    expect(revocations.covers(token)).toBe(false)
    control.revoke(revoked('t1'))
    await expect.poll(() => control.acknowledgedPositions, { interval: 1 }).toContain(1)
    expect(revocations.covers(token)).toBe(true)
  })

  test('knows it at once after a new start, also while the control plane is away', async () => {
    await start()
    control.revoke(revoked('t1'))
    await expect.poll(() => control.acknowledgedPositions).toContain(1)
    await stop()
    await control.stop()
    expect((await start()).covers(token)).toBe(true)
  })

  test('asks for all of it where its own file cannot be read', async () => {
    control.revoke(revoked('t1'))
    await writeFile(join(home, 'revocation.json'), '{"position":7}')
    const revocations = await start()
    await expect.poll(() => revocations.covers(token)).toBe(true)
    expect(log.lines.some(({ level }) => level === 'error')).toBe(true)
  })

  test('forgets nothing and misses nothing when the control plane begins anew', async () => {
    const revocations = await start(20)
    control.revoke(revoked('t1'))
    control.revoke(revoked('t2'))
    await expect.poll(() => revocations.position()).toBe(2)
    control.forgetRevocations()
    control.revoke(revoked('t3'))
    await expect.poll(() => revocations.covers({ ...token, id: 't3' })).toBe(true)
    expect(revocations.covers(token)).toBe(true)
    expect(revocations.position()).toBe(1)
  })
})

describe('a gateway and API keys', () => {
  const key = { id: 'pck_1', organization: 'hmart', app: 'robot', hash: 'h'.repeat(43), issuedAt: 1 }

  test('knows one as soon as it is issued, and that it is over as soon as it is revoked', async () => {
    await start()
    await expect.poll(() => control.acknowledgedPositions).toContain(0)
    control.tellKey(key)
    await expect.poll(() => apiKeys.find('pck_1'), { interval: 1 }).toEqual({ ...key, position: 1 })
    control.tellKey({ ...key, revokedAt: 2 })
    await expect.poll(() => apiKeys.find('pck_1')?.revokedAt, { interval: 1 }).toBe(2)
  })

  test('knows them after a new start while the control plane is away', async () => {
    await start()
    control.tellKey(key)
    control.tellKey({ ...key, id: 'pck_2' })
    control.tellKey({ ...key, revokedAt: 2 })
    await expect.poll(() => apiKeys.position()).toBe(3)
    await stop()
    await control.stop()
    await start()
    expect([apiKeys.find('pck_1')?.revokedAt, apiKeys.find('pck_2')?.app]).toEqual([2, 'robot'])
  })
})
