import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { callWarehouse, stockViewerToken } from '../src/caller.ts'
import { portcullis } from '../src/command.ts'
import { type System, startSystem } from '../src/system.ts'

describe('a token that was revoked', () => {
  let system: System
  beforeAll(async () => {
    system = await startSystem()
  })
  afterAll(async () => system?.[Symbol.asyncDispose]())

  const statusOf = async (token: string) => (await callWarehouse(system, 'GET', '/items', { token })).status
  const revoke = (...words: string[]) => portcullis(system.environment, 'revoke', 'hmart', ...words, '--wait')

  test('is refused by every thread, remembered or not, once the command has ended; others are good', async () => {
    const [token, other] = [await stockViewerToken(system), await stockViewerToken(system)]
    // Threads take connections in turn: after so many calls each of them remembers the token.
    for (let i = 0; i < 8; i++) expect(await statusOf(token)).toBe(200)
    const revoked = await revoke('token', token)
    expect(revoked.err).toBe('')
    expect(revoked.out).toMatch(/refuses after \d+ ms/)
    expect(revoked.code).toBe(0)
    const refused = await callWarehouse(system, 'GET', '/items', { token })
    expect(refused).toMatchObject({ status: 401, body: { code: 'jwt.revoked' } })
    for (let i = 0; i < 8; i++) expect(await statusOf(token)).toBe(401)
    expect(await statusOf(other)).toBe(200)
  })

  test('of an app that lost all of its tokens is followed by one that is good', async () => {
    const token = await stockViewerToken(system)
    expect((await revoke('client', 'stock-viewer')).code).toBe(0)
    expect(await statusOf(token)).toBe(401)
    // A token says in whole seconds when it was issued (RFC 7519 §4.1.6): one of the same second is not told apart.
    await expect.poll(async () => statusOf(await stockViewerToken(system))).toBe(200)
  })

  test('cannot be revoked in the name of an organization that did not issue it', async () => {
    const token = await stockViewerToken(system)
    const refused = await portcullis(system.environment, 'revoke', 'system', 'token', token)
    expect(refused.code).toBe(1)
    expect(refused.err).toContain('It is no JWT of')
    expect(await statusOf(token)).toBe(200)
  })
})
