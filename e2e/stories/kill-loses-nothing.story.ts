import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { portcullis, startProcess } from '../src/command.ts'
import { writeFiles } from '../src/declaration.ts'
import { freshEnvironment } from '../src/system.ts'
import { temporaryFolder } from '../src/temporary-folder.ts'
import { openUnderWay } from '../src/under-way.ts'

/** Each round applies one more plan and is cut off at another moment; whatever was acknowledged must be there afterwards. */
const ROUNDS = 3

describe('kill -9 during a stream of applies', () => {
  const folder = temporaryFolder()
  let environment: Record<string, string>
  beforeAll(async () => {
    environment = await freshEnvironment(join(folder.path, 'home'))
  })
  afterAll(() => folder[Symbol.dispose]())

  test('loses no acknowledged change, leaves none half done, and the next start works', {
    timeout: 300_000,
  }, async () => {
    const acknowledged: string[] = []
    for (let round = 0; round < ROUNDS; round++) {
      await using server = await startProcess(environment)
      const stream = applyUntilRefused(round, acknowledged)
      await expect
        .poll(() => acknowledged.length, { timeout: 60_000 })
        .toBeGreaterThanOrEqual(2 * (round + 1))
      await sleep(round * 250)
      await server.kill()
      await stream
    }
    expect(acknowledged.length).toBeGreaterThan(ROUNDS)
    await using server = await startProcess(environment)
    const exported = join(folder.path, 'exported')
    expect((await portcullis(environment, 'export', '-f', exported)).code).toBe(0)
    const known = await portcullis(environment, 'diff', '-f', join(folder.path, 'acknowledged'))
    expect(known.out).toContain('No difference')
    expect(await server.stop()).toBe(0)
  })

  test('does not keep a second process out, but a living one does, with a clear sentence', async () => {
    await using server = await startProcess(environment)
    const ports = await freshEnvironment(join(folder.path, 'home'))
    const second = await portcullis(ports, 'start')
    expect(second.code).toBe(1)
    expect(second.err).toContain(`is in use by process ${server.pid}`)
    expect(await server.stop()).toBe(0)
  })

  test('loses no approval, no scopes in advance, no request to a user and no token on its way, and brings none as two', async () => {
    await using underWay = await openUnderWay({
      folder: folder.path,
      credentials: join(folder.path, 'home/credentials/hmart'),
      audience: `http://localhost:${environment.PORTCULLIS_GATEWAY_PORT}/warehouse/v1`,
    })
    const told = {
      ...environment,
      PORTCULLIS_APPS_MAY_NAME_PRIVATE_ADDRESSES: 'true',
      NODE_EXTRA_CA_CERTS: underWay.authority.file,
    }
    const issuer = `http://localhost:${environment.PORTCULLIS_AUTHSERVER_PORT}/hmart`
    {
      await using server = await startProcess(told)
      expect((await portcullis(told, 'apply', '-f', underWay.declared)).code).toBe(0)
      await underWay.begin(issuer)
      await server.kill()
    }
    await using server = await startProcess(told)
    await underWay.demandWhole(issuer)
    expect(await server.stop()).toBe(0)
  })

  async function applyUntilRefused(round: number, acknowledged: string[]): Promise<void> {
    for (let number = 0; ; number++) {
      const name = `plan-${round}-${number}`
      const declaration = { [`${name}.yaml`]: plan(name) }
      writeFiles(join(folder.path, name), declaration)
      const { code } = await portcullis(environment, 'apply', '-f', join(folder.path, name))
      if (code !== 0) return
      acknowledged.push(name)
      writeFiles(join(folder.path, 'acknowledged'), declaration)
    }
  }
})

const plan = (name: string): string =>
  `kind: Plan\norganization: hmart\nname: ${name}\nspec:\n  title: ${name}\n  product: stock\n`
