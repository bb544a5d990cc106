import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { callWarehouse, stockViewerToken } from '../src/caller.ts'
import { type Finished, portcullis } from '../src/command.ts'
import { writeFiles } from '../src/declaration.ts'
import { type System, startSystem } from '../src/system.ts'
import { temporaryFolder } from '../src/temporary-folder.ts'

const LISTING = `@id("listing")
permit (principal == App::"stock-viewer", action == Action::"listItems", resource in Api::"warehouse");`
const INSIDE = `@id("inside")
forbid (principal, action, resource) unless { context.address.isInRange(ip("192.0.2.0/24")) };`

describe('rules that one person writes for many APIs', () => {
  let system: System
  let token: string
  const folder = temporaryFolder()
  beforeAll(async () => {
    system = await startSystem()
    token = await stockViewerToken(system)
  })
  afterAll(async () => {
    folder[Symbol.dispose]()
    await system?.[Symbol.asyncDispose]()
  })

  async function applyRules(policies: string): Promise<Finished> {
    const text = `kind: PolicySet
organization: hmart
name: rules
spec:
  title: Who may do what
  policies: |
${policies.replace(/^/gm, '    ')}
`
    writeFiles(folder.path, { 'rules.yaml': text })
    return portcullis(system.environment, 'apply', '-f', join(folder.path, 'rules.yaml'))
  }

  const statusOf = async (path: string): Promise<number> =>
    (await callWarehouse(system, 'GET', path, { token })).status

  test('let in what they permit, refuse the rest, and name what decided', async () => {
    expect(await statusOf('/items/rice-10kg')).toBe(200)
    expect(await applyRules(LISTING)).toMatchObject({ code: 0 })
    await expect.poll(() => statusOf('/items/rice-10kg')).toBe(403)
    expect(await statusOf('/items')).toBe(200)
    const refused = await callWarehouse(system, 'GET', '/items/rice-10kg', { token })
    expect(refused.body).toMatchObject({ code: 'authorize.denied' })

    expect(await applyRules(`${LISTING}\n${INSIDE}`)).toMatchObject({ code: 0 })
    await expect.poll(() => statusOf('/items')).toBe(403)
    const { decision } = await callWarehouse(system, 'GET', '/items', { token })
    const explained = await portcullis(system.environment, 'explain', decision)
    expect(explained.out).toContain('rules/inside')
  })

  test('with a slip of the pen are refused with file and line, and change nothing', async () => {
    const refused = await applyRules(
      `${LISTING}\npermit (principal, action == Action::"listItem", resource);`,
    )
    expect(refused.code).toBe(1)
    expect(refused.err).toMatch(/rules\.yaml:\d+:\d+ \/spec\/policies/)
    expect(refused.err).toContain('there is no Action::"listItem" (line 3, column 1)')
    expect(await statusOf('/items')).toBe(403)
  })
})
