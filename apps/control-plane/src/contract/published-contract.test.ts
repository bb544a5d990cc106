import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { methods } from '@portcullis/model/contract'
import { buildRouter } from '@portcullis/model/route/router'
import { describe, expect, it } from 'vitest'
import { compileContract } from './compile-contract.ts'
import { readPublishedContract } from './fixture/published-contract.ts'

const examples = dirname(createRequire(import.meta.url).resolve('@readme/oas-examples/package.json'))

/** `3.0/json/petstore.json` and its siblings. */
function examplesOf(version: '2.0' | '3.0' | '3.1'): string[] {
  return (['json', 'yaml'] as const).flatMap((format) =>
    readdirSync(join(examples, version, format), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith(`.${format}`))
      .map((name) => join(version, format, name)),
  )
}

function compileExample(name: string, edit: (text: string) => string = (text) => text) {
  const root = name.endsWith('.json') ? 'api.json' : 'api.yaml'
  return compileContract({ root, files: { [root]: edit(readFileSync(join(examples, name), 'utf8')) } })
}

/** States that a JSON example is public where it says nothing. */
function publicByDefault(text: string): string {
  return JSON.stringify({ security: [], ...JSON.parse(text) })
}

/** Examples that show what OpenAPI or we refuse, with what is wrong with them. */
const wrong: Readonly<Record<string, string>> = {
  'parameters-common': 'contract.template',
  'parameters-style': 'contract.template',
  'response-http-behavior': 'contract.scheme',
  post: 'contract.structure',
  title: 'contract.empty',
  webhooks: 'contract.empty',
}
const wrongOf = (name: string): string | undefined => wrong[name.replace(/^.*[/\\](.*)\.\w+$/, '$1')]

describe('published example documents', () => {
  it.each(examplesOf('2.0'))('refuses %s, because it is Swagger 2.0, and says what to do', (name) => {
    expect(compileExample(name).findings).toMatchObject([{ code: 'contract.version' }])
  })

  it.each([...examplesOf('3.0'), ...examplesOf('3.1')])('compiles %s or names what it lacks', (name) => {
    const { contract, findings } = compileExample(name)
    const expected = new Set(['contract.unsecured', wrongOf(name)])
    for (const each of findings) {
      expect([...expected]).toContain(each.code)
      expect(each.line).toBeGreaterThan(0)
    }
    expect(contract !== undefined).toBe(findings.length === 0)
  })

  const json = [...examplesOf('3.0'), ...examplesOf('3.1')].filter((name) => name.endsWith('.json'))
  it.each(json.filter((name) => wrongOf(name) === undefined))(
    'compiles every operation of %s once it says who may call',
    (name) => {
      const { contract, findings } = compileExample(name, publicByDefault)
      expect(findings.filter((each) => each.severity === 'error')).toEqual([])
      expect(contract?.operations).toHaveLength(countOperations(readFileSync(join(examples, name), 'utf8')))
    },
  )

  it('has a good number of them', () => {
    expect(json.length).toBeGreaterThan(50)
  })
})

function countOperations(text: string): number {
  const { paths } = JSON.parse(text) as { paths: Record<string, { $ref?: string }> }
  const keys = Object.values(paths).flatMap(({ $ref, ...item }) => {
    const referred = $ref?.slice('#/paths/'.length).replaceAll('~1', '/')
    return Object.keys(referred === undefined ? item : (paths[referred] ?? {}))
  })
  return keys.filter((key) => methods.some((method) => method.toLowerCase() === key)).length
}

describe('a large published contract', () => {
  it('is refused as published, naming the two operations that say nothing of security', async () => {
    const { contract, findings } = compileContract(await readPublishedContract({ secured: false }))
    expect(contract).toBeUndefined()
    expect(findings.map((each) => each.code)).toEqual(['contract.unsecured', 'contract.unsecured'])
    expect(findings[0]?.message).toContain('"GET /seam/customer/v1/connectors/authorize"')
    expect(findings[1]?.message).toContain('"POST /seam/customer/v1/connectors/authorize"')
    expect(findings[0]?.line).toBeGreaterThan(60_000)
  })

  it('compiles once the document has a requirement, and every operation can be reached', async () => {
    const { contract, findings } = compileContract(await readPublishedContract({ secured: true }))
    expect(findings).toEqual([])
    expect(contract?.operations).toHaveLength(441)
    const operations = contract?.operations ?? []
    const router = buildRouter(
      operations.map((each) => ({ method: each.method, template: each.path, value: each.id })),
    )
    for (const { method, path, id } of operations) expect(router.match(method, path)?.value).toBe(id)
  })
})
