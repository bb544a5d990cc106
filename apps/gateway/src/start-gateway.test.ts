import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Decision } from '@portcullis/model/decision/decision'
import { unpackBatch } from '@portcullis/model/decision/decision-batch'
import type { Revision } from '@portcullis/model/revision'
import { collectingLog } from '@portcullis/ports/log/memory'
import { generateKeyPair } from 'jose'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Gateway, type GatewayLimits, gatewayLimits, startGateway } from './start-gateway.ts'
import { type Backend, openBackend } from './test-kit/backend.ts'
import { openTestControlPlane, type TestControlPlane } from './test-kit/control-plane.ts'
import { shopRevision, testPorts } from './test-kit/front.ts'
import { attach, testCatalog } from './test-kit/policy.ts'

let home: string
let backend: Backend
let control: TestControlPlane
let log: ReturnType<typeof collectingLog>
let decisions: Decision[]
const gateways: Gateway[] = []

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'portcullis-gateway-'))
  backend = await openBackend()
  control = await openTestControlPlane()
  log = collectingLog()
  decisions = []
})

afterEach(async () => {
  await Promise.all(gateways.splice(0).map((each) => each.close()))
  await control.stop().catch(() => undefined)
  await backend.close()
  await rm(home, { recursive: true })
})

async function start(limits: Partial<GatewayLimits> = {}, changes: object = {}): Promise<Gateway> {
  const gateway = await startGateway({
    listen: { host: '127.0.0.1', port: 0 },
    home,
    controlPlane: control.address,
    revisionKey: control.revisionKey,
    ports: testPorts,
    catalog: testCatalog,
    decisions: { take: async (batches) => void decisions.push(...batches.flatMap(unpackBatch)) },
    log,
    gatewayId: 'gateway-1',
    limits: { ...gatewayLimits, pollMillis: 60_000, maxRetryMillis: 200, drainMillis: 500, ...limits },
    ...changes,
  })
  gateways.push(gateway)
  return gateway
}

const shop = (number: number, changes: Partial<Revision> = {}) =>
  shopRevision(backend.url, { number, ...changes })
const call = async (gateway: Gateway) => (await fetch(`${gateway.url}/shop/v1/things`)).status
const kept = () => join(home, 'revisions', 'hmart.production.jws')
const told = (code: string) =>
  log.lines.some((line) => line.level === 'error' && (line.fields.cause as { code?: string })?.code === code)

describe('a gateway', () => {
  test('answers 503 until a revision is live, then enforces it and acknowledges it', async () => {
    await control.stop()
    const gateway = await start()
    expect(await call(gateway)).toBe(503)
    await control.restart()
    await control.publish(shop(1))
    await gateway.ready()
    await expect.poll(() => call(gateway)).toBe(200)
    expect(gateway.live()).toEqual(['hmart/production#1'])
    await expect.poll(() => control.acknowledged).toEqual(['hmart/production#1@gateway-1'])
  })

  test('is ready when the control plane has nothing for it, and never serves the organization of the system', async () => {
    await control.publish(shop(1, { organization: 'system' }))
    const gateway = await start()
    await gateway.ready()
    expect(gateway.live()).toEqual([])
    expect(control.asked.calls.filter((each) => each.endsWith('/revision'))).toEqual([])
  })

  test('puts a new revision in force as soon as the control plane tells of it', async () => {
    await control.publish(shop(1))
    const gateway = await start()
    await gateway.ready()
    await expect.poll(() => control.asked.calls).toContain('GET /v1/gateway/events')
    await control.publish(shop(2, { policies: [attach('gate', { answer: 'refuse' })] }))
    await expect.poll(() => call(gateway)).toBe(403)
    await expect.poll(() => control.acknowledged).toContain('hmart/production#2@gateway-1')
  })

  test('enforces of a revision what is for its gateway group, and serves no API of another', async () => {
    const gate = [attach('gate', { answer: 'refuse' })]
    const groups = [
      { group: 'default', policies: [] },
      { group: 'partner', policies: gate },
    ]
    const { apis } = shop(1)
    await control.publish(shop(1, { groups, apis: apis.map((api) => ({ ...api, groups: ['partner'] })) }))
    const byDefault = await start()
    await byDefault.ready()
    expect(await call(byDefault)).toBe(404)
    await rm(home, { recursive: true })
    const ofPartners = await start({}, { group: 'partner' })
    await ofPartners.ready()
    expect(await call(ofPartners)).toBe(403)
  })

  test('of a group that the revision does not know enforces nothing of it, and says so', async () => {
    await control.publish(shop(1))
    const gateway = await start({}, { group: 'partnr' })
    await gateway.ready()
    expect(gateway.live()).toEqual([])
    expect(await call(gateway)).toBe(503)
    expect(told('revision.unknown-group')).toBe(true)
  })

  test('finds a new revision by asking when nobody tells of it', async () => {
    await control.publish(shop(1))
    const gateway = await start({ pollMillis: 100 })
    await gateway.ready()
    await control.publish(shop(2), { silently: true })
    await expect.poll(() => gateway.live()).toEqual(['hmart/production#2'])
  })

  test('goes on without the control plane, and catches up when it is back', async () => {
    await control.publish(shop(1))
    const gateway = await start()
    await gateway.ready()
    await control.stop()
    expect(await call(gateway)).toBe(200)
    await control.publish(shop(2))
    await control.restart()
    await expect.poll(() => gateway.live()).toEqual(['hmart/production#2'])
  })

  test('removes an environment that is gone, from the disk too', async () => {
    await control.publish(shop(1))
    await control.publish(shop(1, { environment: 'sandbox', hosts: ['sandbox.example'] }))
    const gateway = await start()
    await gateway.ready()
    await expect.poll(() => control.asked.calls).toContain('GET /v1/gateway/events')
    control.withdraw('hmart', 'production')
    await expect.poll(() => gateway.live()).toEqual(['hmart/sandbox#1'])
    await expect.poll(() => readdir(join(home, 'revisions'))).toEqual(['hmart.sandbox.jws'])
  })

  test('loses no call when revisions are swapped under load', async () => {
    await control.publish(shop(1))
    const gateway = await start()
    await gateway.ready()
    await expect.poll(() => control.asked.calls).toContain('GET /v1/gateway/events')
    let done = false
    const statuses: number[] = []
    const callers = Array.from({ length: 16 }, async () => {
      while (!done) statuses.push(await call(gateway))
    })
    for (let number = 2; number <= 12; number++) {
      await control.publish(shop(number))
      // Whoever reads it stands behind the callers, who take all that there is.
      await expect.poll(() => gateway.live(), { interval: 5 }).toEqual([`hmart/production#${number}`])
    }
    done = true
    await Promise.all(callers)
    expect(statuses.length).toBeGreaterThan(50)
    expect(new Set(statuses)).toEqual(new Set([200]))
  })

  test('hands over the record of every call, and on close those that still wait', async () => {
    await control.publish(shop(1))
    const gateway = await start({ recorder: { ...gatewayLimits.recorder, flushMillis: 60_000 } })
    await gateway.ready()
    await call(gateway)
    await call(gateway)
    expect(decisions).toEqual([])
    await gateways.splice(0)[0]?.close()
    expect(decisions.map((each) => each.outcome)).toEqual(['allowed', 'allowed'])
  })

  test('asks for one token, and for another when it is refused', async () => {
    await control.publish(shop(1))
    const gateway = await start()
    await gateway.ready()
    await expect.poll(() => control.acknowledged).toHaveLength(1)
    expect(control.asked.tokens).toBe(1)
    await expect.poll(() => control.asked.calls).toContain('GET /v1/gateway/events')
    control.revokeTokens()
    await control.publish(shop(2))
    await expect.poll(() => gateway.live()).toEqual(['hmart/production#2'])
    expect(control.asked.tokens).toBe(2)
  })

  test('does not start with a key that is no public Ed25519 key', async () => {
    await expect(start({}, { revisionKey: { kty: 'oct', k: 'c2VjcmV0' } })).rejects.toThrow(TypeError)
  })

  test('does not start at an address that is taken, and leaves nothing open', async () => {
    const gateway = await start()
    await expect(start({}, { listen: { host: '127.0.0.1', port: gateway.port } })).rejects.toThrow(
      /EADDRINUSE/,
    )
  })
})

describe('a gateway that starts without the control plane', () => {
  async function leave(revision: Revision): Promise<void> {
    await control.publish(revision)
    const gateway = await start()
    await gateway.ready()
    await gateways.splice(0)[0]?.close()
    await control.stop()
  }

  test('enforces the last good revision from the disk', async () => {
    await leave(shop(3, { policies: [attach('gate', { answer: 'refuse' })] }))
    const gateway = await start()
    await gateway.ready()
    expect(gateway.live()).toEqual(['hmart/production#3'])
    expect(await call(gateway)).toBe(403)
  })

  test('keeps it readable by itself alone', async () => {
    await leave(shop(1))
    expect((await stat(kept())).mode & 0o777).toBe(0o600)
    expect((await stat(join(home, 'revisions'))).mode & 0o777).toBe(0o700)
  })

  test('refuses one that was altered on the disk', async () => {
    await leave(shop(1))
    const [head, payload, signature] = (await readFile(kept(), 'utf8')).split('.')
    const altered = JSON.parse(Buffer.from(payload ?? '', 'base64url').toString())
    altered.apis[0].upstream = 'http://127.0.0.1:2'
    await writeFile(
      kept(),
      [head, Buffer.from(JSON.stringify(altered)).toString('base64url'), signature].join('.'),
    )
    const gateway = await start()
    expect(await call(gateway)).toBe(503)
    expect(told('revision.bad-signature')).toBe(true)
  })

  test('refuses one that lies there under the name of another environment', async () => {
    await leave(shop(1))
    await writeFile(join(home, 'revisions', 'hmart.sandbox.jws'), await readFile(kept()))
    const gateway = await start()
    expect(gateway.live()).toEqual(['hmart/production#1'])
    expect(told('revision.bad-content')).toBe(true)
  })

  test('passes over a file that was cut short and what else lies there', async () => {
    await leave(shop(1))
    await writeFile(join(home, 'revisions', 'hmart.sandbox.jws'), '')
    await writeFile(join(home, 'revisions', 'hmart.other.jws.new'), 'half')
    await writeFile(join(home, 'revisions', 'README'), 'hello')
    const gateway = await start()
    expect(gateway.live()).toEqual(['hmart/production#1'])
  })
})

describe('a published revision', () => {
  const refusedFor: [string, string, () => Promise<[Revision, string | undefined]>][] = [
    [
      'a signature by another key',
      'revision.bad-signature',
      async () => [
        shop(2),
        await control.sign(shop(2), { key: (await generateKeyPair('EdDSA', { crv: 'Ed25519' })).privateKey }),
      ],
    ],
    [
      'another type of signed text',
      'revision.bad-signature',
      async () => [shop(2), await control.sign(shop(2), { typ: 'at+jwt' })],
    ],
    [
      'no signature at all',
      'revision.bad-signature',
      async () => {
        const head = Buffer.from('{"alg":"none","typ":"portcullis-revision"}').toString('base64url')
        return [shop(2), `${head}.${Buffer.from(JSON.stringify(shop(2))).toString('base64url')}.`]
      },
    ],
    [
      'an unknown key',
      'revision.bad-content',
      async () => [shop(2), await control.sign({ ...shop(2), novelty: true })],
    ],
    [
      'the content of another environment',
      'revision.bad-content',
      async () => [shop(2), await control.sign(shop(2, { environment: 'other' }))],
    ],
    [
      'an unknown policy',
      'revision.bad-policy',
      async () => [shop(2, { policies: [attach('unheard-of')] }), undefined],
    ],
    [
      'a config that its policy refuses',
      'revision.bad-policy',
      async () => [shop(2, { policies: [attach('gate', {})] }), undefined],
    ],
    [
      'a lower number than the live one',
      'revision.lower-number',
      async () => [shop(4), await control.sign(shop(4))],
    ],
  ]

  test.each(refusedFor)(
    'is refused for %s; the one before stays in force, on the disk too',
    async (_, code, bad) => {
      await control.publish(shop(code === 'revision.lower-number' ? 5 : 1))
      const gateway = await start()
      await gateway.ready()
      await expect.poll(() => control.asked.calls).toContain('GET /v1/gateway/events')
      const before = gateway.live()
      const onDisk = await readFile(kept(), 'utf8')
      const [revision, jws] = await bad()
      await control.publish(revision, jws === undefined ? {} : { jws })
      await expect.poll(() => told(code)).toBe(true)
      expect(gateway.live()).toEqual(before)
      expect(await readFile(kept(), 'utf8')).toBe(onDisk)
      expect(await call(gateway)).toBe(200)
      expect(control.acknowledged).toHaveLength(1)
    },
  )

  test('is refused as lower than the one on the disk, too', async () => {
    await control.publish(shop(5))
    await (await start()).ready()
    await gateways.splice(0)[0]?.close()
    await control.publish(shop(4))
    const gateway = await start()
    await expect.poll(() => told('revision.lower-number')).toBe(true)
    expect(gateway.live()).toEqual(['hmart/production#5'])
  })

  test('that is refused does not keep another environment from its own', async () => {
    const gateway = await start()
    await gateway.ready()
    await expect.poll(() => control.asked.calls).toContain('GET /v1/gateway/events')
    await control.publish(shop(1, { policies: [attach('unheard-of')] }))
    await control.publish(shop(1, { environment: 'sandbox', hosts: ['sandbox.example'] }))
    await expect.poll(() => gateway.live()).toEqual(['hmart/sandbox#1'])
  })
})
