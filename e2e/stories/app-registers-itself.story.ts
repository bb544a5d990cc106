import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { callWarehouse } from '../src/caller.ts'
import { portcullis } from '../src/command.ts'
import { writeFiles } from '../src/declaration.ts'
import { type System, startSystem } from '../src/system.ts'
import { temporaryFolder } from '../src/temporary-folder.ts'

const SETTING = `
kind: Organization
organization: hmart
name: hmart
spec:
  title: HMart
  registration:
    production: { access: statement, grants: [client_credentials] }
  statementApprovers: { roles: [api_owner] }
---
kind: User
organization: hmart
name: olga
spec: { title: Olga, roles: [api_owner] }
`
const SOFTWARE = `
title: Accounting
grants: [client_credentials]
allowedScopes: [list_items]
`
const subscription = (app: string, scopes: string) => `
kind: Subscription
organization: hmart
name: accounting
spec: { app: ${app}, product: stock, plan: staff, scopes: [${scopes}] }
`

describe('an app that nobody declared', () => {
  const folder = temporaryFolder()
  let system: System
  let statement = ''
  let registered: Record<string, string> = {}
  beforeAll(async () => {
    system = await startSystem()
    writeFiles(folder.path, { 'software.yaml': SOFTWARE })
    await system.running.controlPlane?.apply({ 'setting.yaml': SETTING }, { actor: 'test' })
  })
  afterAll(async () => {
    await system?.[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  })

  async function run(...words: string[]): Promise<string> {
    const { code, out, err } = await portcullis(system.environment, ...words)
    if (code !== 0) throw new Error(err)
    return out.trim()
  }
  const register = () =>
    fetch(`${system.running.addresses.authserver}/hmart/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ client_name: 'Bank', software_statement: statement }),
    })
  async function obtain(scope: string): Promise<Record<string, string>> {
    const basic = Buffer.from(`${registered.client_id}:${registered.client_secret}`).toString('base64')
    const answer = await fetch(`${system.running.addresses.authserver}/hmart/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${basic}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', scope }),
    })
    return (await answer.json()) as Record<string, string>
  }
  const subscribe = (scopes: string) =>
    system.running.controlPlane?.apply(
      { 'subscription.yaml': subscription(registered.client_id ?? '', scopes) },
      { actor: 'test' },
    )

  test('has a software statement that others approved', async () => {
    const id = await run(
      'statement',
      'ask',
      'hmart',
      '-f',
      join(folder.path, 'software.yaml'),
      '--for',
      'alice',
    )
    await expect(run('statement', 'issue', 'hmart', id)).rejects.toThrow('registration.not-approved')
    await run('approvals', 'approve', 'hmart', id, '--as', 'olga')
    statement = await run('statement', 'issue', 'hmart', id)
    expect(statement).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/)
  })

  test('registers with it, once, and reaches no API', async () => {
    const answer = await register()
    expect(answer.status).toBe(201)
    registered = (await answer.json()) as Record<string, string>
    expect(registered.client_name).toBe('Accounting')
    expect((await register()).status).toBe(400)
    expect((await obtain('list_items')).error).toBe('invalid_scope')
  })

  test('is subscribed by people, to no more than the statement allows', async () => {
    await expect(subscribe('list_items, order_item')).rejects.toMatchObject({ code: 'bundle.invalid' })
    await subscribe('list_items')
    const { access_token: token = '' } = await obtain('list_items')
    // The gateway learns of the subscription a moment later.
    const called = async () => (await callWarehouse(system, 'GET', '/items', { token })).status
    await expect.poll(called).toBe(200)
  })
})
