import { cpuMillis } from '@portcullis/kernel/fixture/cpu-millis'
import { describe, expect, it } from 'vitest'
import { compileContract } from './compile-contract.ts'
import { contractOf, ok } from './fixture/sample-contract.ts'

function compiled(...given: Parameters<typeof contractOf>) {
  const { contract, findings } = compileContract(contractOf(...given))
  expect(findings).toEqual([])
  return contract
}

function refused(...given: Parameters<typeof contractOf>) {
  const { contract, findings } = compileContract(contractOf(...given))
  expect(contract).toBeUndefined()
  for (const each of findings)
    expect(each).toMatchObject({ remedy: expect.stringMatching(/./), line: expect.any(Number) })
  return findings.map(({ code, file, line, path, message }) => ({ code, file, line, path, message }))
}

describe('checkReferences', () => {
  it('follows references through the files of the folder, also in circles', () => {
    const files = {
      'paths/items.yaml': `parameters: [{$ref: "../shared/parameters.yaml#/id"}]
get:
  responses:
    "200": {description: fine, content: {application/json: {schema: {$ref: "../shared/schemas.yaml#/Item"}}}}
`,
      'shared/parameters.yaml': 'id: {name: id, in: path, required: true, schema: {type: string}}\n',
      'shared/schemas.yaml':
        'Item: {type: object, properties: {parts: {type: array, items: {$ref: "#/Item"}}}}\n',
    }
    const contract = compiled('  /items/{id}: {$ref: paths/items.yaml}\n', undefined, files)
    expect(contract?.operations.map((each) => each.id)).toEqual(['GET /items/{id}'])
  })

  it('takes a $ref that is data, not a reference, for data', () => {
    const example =
      'content: {a/b: {schema: {properties: {$ref: {type: string}}}, example: {$ref: "http://x/y"}}}'
    expect(compiled(`  /a:\n    get: {responses: {"200": {description: fine, ${example}}}}\n`)).toBeDefined()
  })

  it.each([
    ['../other.yaml', 'contract.outside'],
    ['a/../../other.yaml', 'contract.outside'],
    ['%2e%2e/other.yaml', 'contract.outside'],
    ['/etc/passwd', 'contract.outside'],
    ['..\\other.yaml', 'contract.outside'],
    ['file:///etc/passwd', 'contract.outside'],
    ['http://127.0.0.1/a.yaml', 'contract.outside'],
    ['https://example.com/a.yaml#/b', 'contract.outside'],
    ['//example.com/a.yaml', 'contract.outside'],
    ['gone.yaml', 'contract.reference'],
    ['#/components/schemas/Gone', 'contract.reference'],
    ['#anchor', 'contract.reference'],
    ['%zz', 'contract.reference'],
    ['#/__proto__/toString', 'contract.reference'],
    ['constructor', 'contract.reference'],
  ])('refuses the reference %s with %s and its place', (reference, code) => {
    const schema = `schema: {$ref: ${JSON.stringify(reference)}}`
    const found = refused(`  /a:
    get:
      responses:
        "200":
          description: fine
          content: {a/b: {${schema}}}
`)
    expect(found).toEqual([
      expect.objectContaining({ code, line: 18, path: expect.stringMatching(/schema$/) }),
    ])
  })

  it('refuses a schema that gives the references within it another base', () => {
    const content =
      'content: {a/b: {schema: {$id: "http://example.com/x", properties: {$id: {type: string}}}}}'
    const found = refused(`  /a:\n    get: {responses: {"200": {description: fine, ${content}}}}\n`)
    expect(found).toMatchObject([
      { code: 'contract.reference', path: expect.stringMatching(/schema\/\$id$/) },
    ])
  })

  it('refuses references that only lead to each other', () => {
    const files = { 'b.yaml': 'x: {$ref: "#/y"}\ny: {$ref: "#/x"}\n' }
    const paths = `  /a:\n    get: {parameters: [{$ref: "b.yaml#/x"}], ${ok}}\n`
    expect(refused(paths, undefined, files)).toContainEqual(
      expect.objectContaining({
        code: 'contract.reference',
        message: expect.stringContaining('never arrives'),
      }),
    )
  })

  it('checks the structure of parts in other files, and names the file', () => {
    const files = { 'b.yaml': 'get:\n  responses: {"200": {description: fine}}\n  respones: 1\n' }
    expect(refused('  /a: {$ref: b.yaml}\n', undefined, files)).toContainEqual(
      expect.objectContaining({ code: 'contract.structure', file: 'b.yaml', line: 3, path: '/get/respones' }),
    )
  })

  it('refuses a reference to a part of another kind', () => {
    const found = refused(`  /a:\n    get: {parameters: [{$ref: "#/info"}], ${ok}}\n`)
    expect(found).toContainEqual(expect.objectContaining({ code: 'contract.structure', path: '/info' }))
  })

  it('survives references that multiply', async () => {
    const names = Array.from({ length: 40 }, (_, i) => `s${i}`)
    const schemas = names.map((name, i) => {
      const next = `{$ref: "#/s${Math.min(i + 1, 39)}"}`
      return `${name}: {allOf: [${`${next}, `.repeat(10)}]}`
    })
    const content = 'content: {a/b: {schema: {$ref: "b.yaml#/s0"}}}'
    const paths = `  /a:\n    get: {responses: {"200": {description: fine, ${content}}}}\n`
    const compile = () => compileContract(contractOf(paths, undefined, { 'b.yaml': schemas.join('\n') }))
    expect(await cpuMillis(compile)).toBeLessThan(5000)
  })
})
