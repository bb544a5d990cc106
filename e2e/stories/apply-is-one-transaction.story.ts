import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { portcullis } from '../src/command.ts'
import { apiDeclaration, contractText, writeFiles } from '../src/declaration.ts'
import { type System, startSystem } from '../src/system.ts'
import { temporaryFolder } from '../src/temporary-folder.ts'

describe('declarations applied together', () => {
  let system: System
  const folder = temporaryFolder()
  beforeAll(async () => {
    system = await startSystem()
  })
  afterAll(async () => {
    folder[Symbol.dispose]()
    await system?.[Symbol.asyncDispose]()
  })

  test('change nothing when one of them has an error, and every error is listed with its place', async () => {
    const bad = join(folder.path, 'bad')
    writeFiles(bad, {
      'good.yaml': apiDeclaration('things'),
      'things.openapi.yaml': contractText(),
      'plan.yaml':
        'kind: Plan\norganization: hmart\nname: gold\nspec:\n  title: Gold\n  product: nowhere\n  colour: gold\n',
      'app.yaml': 'kind: App\norganization: hmart\nname: Bad_Name\nspec:\n  title: App\n  grants: [magic]\n',
    })
    const before = await portcullis(system.environment, 'export', '-f', join(folder.path, 'before'))
    expect(before.code).toBe(0)
    const refused = await portcullis(system.environment, 'apply', '-f', bad)
    expect(refused.code).toBe(1)
    expect(refused.err).toMatch(/plan\.yaml:7:\d+ \/spec\/colour/)
    expect(refused.err).toMatch(/app\.yaml:3:\d+ \/name/)
    expect(refused.err).toMatch(/app\.yaml:6:\d+ \/spec\/grants\/0/)
    expect(refused.err).not.toMatch(/\n\s+at /)
    const changed = await portcullis(system.environment, 'diff', '-f', join(folder.path, 'before'), '--prune')
    expect(changed.out).toContain('No difference')
    expect(changed.code).toBe(0)
  })

  test('are checked without being applied by validate', async () => {
    const good = join(folder.path, 'good')
    writeFiles(good, { 'things.yaml': apiDeclaration('things'), 'things.openapi.yaml': contractText() })
    expect((await portcullis(system.environment, 'validate', '-f', good)).code).toBe(0)
    const difference = await portcullis(system.environment, 'diff', '-f', good)
    expect(difference.out).toContain('hmart/Api/things')
    expect(difference.code).toBe(1)
  })

  test('come back from export in the same form: apply, export, diff is empty', async () => {
    const good = join(folder.path, 'good')
    expect((await portcullis(system.environment, 'apply', '-f', good)).code).toBe(0)
    const exported = join(folder.path, 'exported')
    expect((await portcullis(system.environment, 'export', '-f', exported)).code).toBe(0)
    const difference = await portcullis(system.environment, 'diff', '-f', exported, '--prune')
    expect(difference.out).toContain('No difference')
    expect(difference.code).toBe(0)
    const again = await portcullis(system.environment, 'apply', '-f', exported)
    expect(again.code).toBe(0)
    expect(again.out).toContain('Nothing changed')
  })
})
