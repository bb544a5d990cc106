import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { portcullis } from '../src/command.ts'
import { apiDeclaration, contractText, writeFiles } from '../src/declaration.ts'
import { type System, startSystem } from '../src/system.ts'
import { temporaryFolder } from '../src/temporary-folder.ts'

describe('a contract that says nothing of security', () => {
  let system: System
  const folder = temporaryFolder()
  beforeAll(async () => {
    system = await startSystem()
  })
  afterAll(async () => {
    folder[Symbol.dispose]()
    await system?.[Symbol.asyncDispose]()
  })

  test('is not published, and the developer learns where and the two ways to mend it', async () => {
    const silent = join(folder.path, 'silent')
    writeFiles(silent, { 'things.yaml': apiDeclaration('things'), 'things.openapi.yaml': contractText('') })
    const refused = await portcullis(system.environment, 'apply', '-f', silent)
    expect(refused.code).toBe(1)
    expect(refused.err).toMatch(/things\.openapi\.yaml:\d+:\d+ \/paths\/~1things\/get/)
    expect(refused.err).toContain('"GET /things"')
    expect(refused.err).toContain('security: []')
    const answer = await fetch(`${system.running.addresses.gateway}/things/v1/things`)
    expect(answer.status).toBe(404)
  })

  test.each([
    ['a requirement', '[{ main: [see_things] }]', 401],
    ['security: [], public on purpose', '[]', 502],
  ])('is published once it states %s', async (_, security, status) => {
    const mended = join(folder.path, `mended-${status}`)
    writeFiles(mended, {
      'things.yaml': apiDeclaration('things'),
      'things.openapi.yaml': contractText(security),
    })
    const applied = await portcullis(system.environment, 'apply', '-f', mended)
    expect(applied.err).not.toContain('error')
    expect(applied.code).toBe(0)
    const answer = await fetch(`${system.running.addresses.gateway}/things/v1/things`)
    expect(answer.status).toBe(status)
  })
})
