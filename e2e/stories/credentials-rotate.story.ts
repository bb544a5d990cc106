import { Secret } from '@portcullis/kernel/secret'
import { fetchToken } from '@portcullis/portcullis/local/fetch-token'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { callWarehouse, sampleSecret } from '../src/caller.ts'
import { portcullis } from '../src/command.ts'
import { type System, startSystem } from '../src/system.ts'

describe('the secret of an app', () => {
  let system: System
  beforeAll(async () => {
    system = await startSystem()
  })
  afterAll(async () => system?.[Symbol.asyncDispose]())

  const tokenWith = (secret: string): Promise<{ readonly text: string }> =>
    fetchToken({
      tokenUrl: `${system.running.addresses.authserver}/hmart/token`,
      client: 'stock-viewer',
      secret: new Secret(secret),
      scope: 'list_items',
    })

  test('is rotated without a gap: the new one works before the old one ends, and the old one ends at once', async () => {
    const old = sampleSecret(system, 'secret', 'stock-viewer')
    const issued = await portcullis(system.environment, 'credential', 'issue', 'hmart/stock-viewer')
    expect(issued.code).toBe(0)
    const fresh = issued.out.trim()
    for (const secret of [old, fresh]) {
      const { text } = await tokenWith(secret)
      expect((await callWarehouse(system, 'GET', '/items', { token: text })).status).toBe(200)
    }
    const listed = await portcullis(system.environment, 'credential', 'list', 'hmart/stock-viewer')
    expect(listed.out).not.toContain(fresh)
    const [oldest] = listed.out.split('\n')
    const id = String(oldest?.split(' ')[0])
    expect(
      (await portcullis(system.environment, 'credential', 'revoke', 'hmart/stock-viewer', id)).code,
    ).toBe(0)
    await expect(tokenWith(old)).rejects.toMatchObject({ detail: expect.stringContaining('invalid_client') })
    await expect(tokenWith(fresh)).resolves.toMatchObject({ text: expect.any(String) })
  })

  test('is issued for an app that there is, and for no other', async () => {
    const refused = await portcullis(system.environment, 'credential', 'issue', 'hmart/nobody')
    expect(refused.code).toBe(1)
    expect(refused.err).toContain('hmart/nobody')
  })

  test('that is short-lived says when it ends', async () => {
    const issued = await portcullis(
      system.environment,
      'credential',
      'issue',
      'hmart/stock-viewer',
      '--expires-in',
      '1h',
    )
    expect(issued.code).toBe(0)
    const listed = await portcullis(system.environment, 'credential', 'list', 'hmart/stock-viewer')
    expect(listed.out).toMatch(/expires 20\d\d-/)
  })
})

describe('the command line', () => {
  let system: System
  beforeAll(async () => {
    system = await startSystem()
  })
  afterAll(async () => system?.[Symbol.asyncDispose]())

  test('refuses what it does not understand with one clear sentence, the way out, and exit code 2', async () => {
    for (const words of [
      ['aply'],
      ['apply'],
      ['apply', '--colour'],
      ['token', 'nobody'],
      ['explain'],
      ['plan', 'GET'],
    ]) {
      const refused = await portcullis(system.environment, ...words)
      expect(refused.code).toBe(2)
      expect(refused.err.trim().split('\n').length).toBeLessThanOrEqual(2)
      expect(refused.err).toContain('portcullis')
    }
  })

  test('refuses an unknown setting before it does anything', async () => {
    const refused = await portcullis({ ...system.environment, PORTCULLIS_COLOUR: 'red' }, 'settings')
    expect(refused.code).toBe(1)
    expect(refused.err).toContain('PORTCULLIS_COLOUR')
  })

  test('says that nothing answers when nothing runs', async () => {
    const nobody = { ...system.environment, PORTCULLIS_AUTHSERVER_PORT: '9' }
    const refused = await portcullis(nobody, 'decisions')
    expect(refused.code).toBe(1)
    expect(refused.err).toContain('does not answer')
  })

  test('lists decisions by outcome', async () => {
    await callWarehouse(system, 'GET', '/items')
    await callWarehouse(system, 'GET', '/health')
    await expect
      .poll(async () => (await portcullis(system.environment, 'decisions', '--outcome', 'refused')).out)
      .toContain('scope.no-credentials')
    const allowed = await portcullis(system.environment, 'decisions', '--outcome', 'allowed')
    expect(allowed.out).toContain('health')
    expect(allowed.out).not.toContain('scope.no-credentials')
  })
})
