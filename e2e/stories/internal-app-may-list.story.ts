import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { askForToken, callWarehouse, stockViewerToken } from '../src/caller.ts'
import { type System, startSystem } from '../src/system.ts'

describe('an internal app with the scope list_items', () => {
  let system: System
  let token: string
  beforeAll(async () => {
    system = await startSystem()
    token = await stockViewerToken(system)
  })
  afterAll(async () => system?.[Symbol.asyncDispose]())

  test('lists what is in stock', async () => {
    const called = await callWarehouse(system, 'GET', '/items', { token })
    expect(called.status).toBe(200)
    expect(called.body).toContainEqual({ id: 'rice-10kg', title: 'Rice, 10 kg', inStock: 120 })
    expect(called.decision).toMatch(/^dec_/)
  })

  test('may not order, is told which scope is missing, and nothing is ordered', async () => {
    const order = { item: 'rice-10kg', quantity: 1 }
    const called = await callWarehouse(system, 'POST', '/orders', { token, body: order })
    expect(called.status).toBe(403)
    expect(called.headers.get('content-type')).toBe('application/problem+json')
    expect(called.headers.get('www-authenticate')).toContain('error="insufficient_scope"')
    expect(called.headers.get('www-authenticate')).toContain('scope="order_item"')
    expect(called.body).toMatchObject({ code: 'scope.insufficient', status: 403, decision: called.decision })
    const rice = await callWarehouse(system, 'GET', '/items/rice-10kg', { token })
    expect(rice.body).toMatchObject({ inStock: 120 })
  })

  test('is never granted the scope that its subscription leaves out', async () => {
    const { status, body } = await askForToken(system, { scope: 'list_items order_item' })
    expect(status).toBe(400)
    expect(body).toMatchObject({ error: 'invalid_scope' })
  })

  test('is told how to come in when it brings no token', async () => {
    const called = await callWarehouse(system, 'GET', '/items')
    expect(called.status).toBe(401)
    expect(called.headers.get('www-authenticate')).toMatch(/^Bearer /)
    expect(called.headers.get('www-authenticate')).not.toContain('error=')
  })

  test('needs no token where the contract says so', async () => {
    const called = await callWarehouse(system, 'GET', '/health')
    expect(called.status).toBe(200)
  })
})
