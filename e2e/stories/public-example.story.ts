import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { portcullis } from '../src/command.ts'
import { apiDeclaration, writeFiles } from '../src/declaration.ts'
import { type System, startSystem } from '../src/system.ts'
import { temporaryFolder } from '../src/temporary-folder.ts'

const PETSTORE = createRequire(import.meta.url).resolve('@readme/oas-examples/3.0/json/petstore.json')

describe('the public petstore example', () => {
  let system: System
  const folder = temporaryFolder()
  const declaration = apiDeclaration('petstore').replace('petstore.openapi.yaml', 'petstore.json')
  const published = readFileSync(PETSTORE, 'utf8')
  beforeAll(async () => {
    system = await startSystem()
  })
  afterAll(async () => {
    folder[Symbol.dispose]()
    await system?.[Symbol.asyncDispose]()
  })

  test('is refused as it was published, naming each operation that says nothing of security', async () => {
    const path = join(folder.path, 'as-published')
    writeFiles(path, { 'petstore.yaml': declaration, 'petstore.json': published })
    const refused = await portcullis(system.environment, 'apply', '-f', path)
    expect(refused.code).toBe(1)
    expect(refused.err).toMatch(/petstore\.json:\d+:\d+ .*contract\.unsecured/)
    expect(refused.err).toContain('POST /user')
  })

  test('is refused where it asks for a key in a cookie, which no policy can check, and not half published', async () => {
    const path = join(folder.path, 'with-key')
    writeFiles(path, {
      'petstore.yaml': declaration,
      'petstore.json': edited({ security: [{ petstore_auth: [] }] }).replace(
        '"name":"api_key","in":"header"}}',
        '"name":"api_key","in":"cookie"}}',
      ),
    })
    const refused = await portcullis(system.environment, 'apply', '-f', path)
    expect(refused.code).toBe(1)
    expect(refused.err).toContain('api_key')
    expect((await fetch(`${system.running.addresses.gateway}/petstore/v1/pet/1`)).status).toBe(404)
  })

  test('is published once all of it can be enforced', async () => {
    const path = join(folder.path, 'mended')
    const contract = edited({ security: [{ petstore_auth: ['read:pets'] }] }).replaceAll(
      '"api_key":[]',
      '"petstore_auth":["read:pets"]',
    )
    writeFiles(path, { 'petstore.yaml': declaration, 'petstore.json': contract })
    const applied = await portcullis(system.environment, 'apply', '-f', path)
    expect(applied.code).toBe(0)
    expect(applied.out).toMatch(/Published hmart\/production#2; in force on the gateway after \d+ ms\./)
    const refused = await fetch(`${system.running.addresses.gateway}/petstore/v1/pet/1`)
    expect(refused.status).toBe(401)
    expect(refused.headers.get('www-authenticate')).toContain('read:pets')
  })

  function edited(changes: Record<string, unknown>): string {
    return JSON.stringify({ ...JSON.parse(published), ...changes })
  }
})
