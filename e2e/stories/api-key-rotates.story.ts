import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { portcullis } from '../src/command.ts'
import { apiDeclaration, offerText } from '../src/declaration.ts'
import { type System, startSystem } from '../src/system.ts'

const contract = `
openapi: 3.1.0
info: { title: Things, version: 1.0.0 }
paths:
  /things:
    get:
      operationId: listThings
      security: [{ key: [] }, { parameter: [] }]
      responses:
        '200': { description: All things. }
components:
  securitySchemes:
    key: { type: apiKey, in: header, name: X-API-Key }
    parameter: { type: apiKey, in: query, name: api_key }
`

const offer = offerText('')

describe('an API key', () => {
  let system: System
  let backend: Server
  const seen: string[] = []
  let warnings: readonly string[] = []
  beforeAll(async () => {
    backend = createServer((request, response) => {
      seen.push(`${request.url} ${request.rawHeaders.join(' ')}`)
      response.end('[]')
    })
    backend.listen(0, '127.0.0.1')
    await once(backend, 'listening')
    system = await startSystem()
    const { port } = backend.address() as AddressInfo
    const files = {
      'things.yaml': apiDeclaration('things', `http://127.0.0.1:${port}`) + offer,
      'things.openapi.yaml': contract,
    }
    const applied = await system.running.controlPlane?.apply(files, { actor: 'test' })
    warnings = applied?.warnings.map(({ code }) => code) ?? []
  })
  afterAll(async () => {
    await system?.[Symbol.asyncDispose]()
    backend?.close()
  })

  const credential = (...words: string[]) => portcullis(system.environment, 'credential', ...words)

  async function issue(...words: string[]): Promise<{ id: string; key: string }> {
    const issued = await credential('issue', 'hmart/stock-viewer', '--kind', 'api-key', ...words)
    expect(issued.code).toBe(0)
    const key = issued.out.trim()
    return { id: key.slice(0, 30), key }
  }

  async function call(
    key: string | undefined,
    query = '',
  ): Promise<{ status: number; code: unknown; challenge: unknown }> {
    const response = await fetch(`${system.running.addresses.gateway}/things/v1/things${query}`, {
      headers: key === undefined ? {} : { 'X-API-Key': key },
    })
    const text = await response.text()
    const code = response.ok ? undefined : JSON.parse(text).code
    return { status: response.status, code, challenge: response.headers.get('www-authenticate') }
  }

  /** Threads take connections in turn. */
  const everywhere = async (key: string) => Promise.all(Array.from({ length: 6 }, () => call(key)))

  test('lets its app in and stays at the gateway; two overlap until one is revoked, which is over at once', async () => {
    const [old, fresh] = [await issue(), await issue()]
    for (const { key } of [old, fresh]) {
      await expect.poll(async () => (await everywhere(key)).every(({ status }) => status === 200)).toBe(true)
    }
    expect(seen.join('\n')).not.toContain(old.key.slice(31))
    expect((await credential('revoke', 'hmart/stock-viewer', old.id)).code).toBe(0)
    await expect
      .poll(async () => (await everywhere(old.key)).every(({ status }) => status === 401))
      .toBe(true)
    expect((await call(old.key)).code).toBe('api-key.revoked')
    expect((await call(fresh.key)).status).toBe(200)
    const listed = await credential('list', 'hmart/stock-viewer')
    expect(listed.out).toMatch(new RegExp(`${old.id}  api-key .*not usable`))
    expect(listed.out).not.toContain(fresh.key.slice(31))
  })

  test('in the query is taken, warned of when it is published, and left out for the backend', async () => {
    expect(warnings).toContain('warning.key-in-query')
    const { key } = await issue()
    await expect.poll(async () => (await call(undefined, `?a=1&api_key=${key}`)).status).toBe(200)
    expect(seen.at(-1)).toMatch(/^\/things\?a=1 /)
    expect((await call('pck_other', `?api_key=${key}`)).code).toBe('api-key.bad-request')
  })

  test('is over when its time is', async () => {
    const { key } = await issue('--expires-in', '1h')
    await expect.poll(async () => (await call(key)).status).toBe(200)
    system.pass(3_600_000)
    expect((await call(key)).code).toBe('api-key.expired')
  })

  test('that is none is refused, and who has none learns where it belongs', async () => {
    expect(await call('s3cret')).toMatchObject({ status: 401, code: 'api-key.malformed' })
    const { status, code, challenge } = await call(undefined)
    expect({ status, code }).toEqual({ status: 401, code: 'scope.no-credentials' })
    expect(challenge).toContain('in="header", name="x-api-key"')
  })
})
