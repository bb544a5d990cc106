import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { callWarehouse, stockViewerToken } from '../src/caller.ts'
import { portcullis } from '../src/command.ts'
import { type System, startSystem } from '../src/system.ts'

describe('a refused call', () => {
  let system: System
  let token: string
  beforeAll(async () => {
    system = await startSystem()
    token = await stockViewerToken(system)
  })
  afterAll(async () => system?.[Symbol.asyncDispose]())

  test('is explained in words: what was asked, each step, what it saw, and what to do', async () => {
    const { decision } = await callWarehouse(system, 'POST', '/orders', { token, body: {} })
    const explained = await portcullis(system.environment, 'explain', decision)
    expect(explained.err).toBe('')
    expect(explained.code).toBe(0)
    for (const word of [decision, 'orderItem', 'stock-viewer', 'scope.insufficient', 'order_item', 'jwt']) {
      expect(explained.out).toContain(word)
    }
    expect(explained.out).not.toContain(token)
  })

  test('is found again as the last one', async () => {
    const { decision } = await callWarehouse(system, 'POST', '/orders', { token, body: {} })
    const explained = await portcullis(system.environment, 'explain', '--last')
    expect(explained.out).toContain(decision)
  })

  test('that is none of HTTP’s methods, and so no call of an environment, is explained by its id, too', async () => {
    const answer = await fetch(`${system.running.addresses.gateway}/warehouse/v1/items`, { method: 'BREW' })
    const decision = answer.headers.get('portcullis-decision') ?? ''
    await expect
      .poll(async () => (await portcullis(system.environment, 'explain', decision)).out)
      .toContain('gateway.method-not-implemented')
  })

  test('of an unknown id is a clear sentence', async () => {
    const explained = await portcullis(system.environment, 'explain', 'dec_00000000000000000000000000')
    expect(explained.code).toBe(1)
    expect(explained.err).toMatch(/no such decision record/)
  })

  test('could have been foreseen: plan prints the steps of the operation and where each came from', async () => {
    const planned = await portcullis(system.environment, 'plan', 'POST', '/warehouse/v1/orders')
    expect(planned.code).toBe(0)
    const steps = planned.out.split('\n')
    const order = ['cors', 'jwt', 'scope', 'subscription', 'rate-limit', 'headers']
    const lines = order.map((policy) => steps.findIndex((line) => line.includes(policy)))
    expect(lines).toEqual(lines.toSorted((a, b) => a - b))
    expect(lines).not.toContain(-1)
    expect(planned.out).toContain('environment production')
    expect(planned.out).toContain('operation orderItem')
    expect(planned.out).toContain('plan stock/shop')
  })
})
