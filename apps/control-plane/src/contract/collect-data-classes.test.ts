import { describe, expect, it } from 'vitest'
import { compileContract } from './compile-contract.ts'
import { contractOf, ok } from './fixture/sample-contract.ts'

const answering = (schema: string) =>
  `responses: {'200': {description: Done, content: {application/json: {schema: ${schema}}}}}`

const SCHEMAS = `
  schemas:
    Patient:
      type: object
      properties:
        name: {type: string, x-data-class: personal}
        findings: {type: array, items: {$ref: '#/components/schemas/Finding'}}
    Finding:
      x-data-class: [healthcare]
      type: object
      properties: {of: {$ref: '#/components/schemas/Patient'}}
    Named:
      type: object
      properties: {x-data-class: {type: string}, example: {type: string, x-data-class: odd}}
      example: {x-data-class: nothing}
`

function classes(paths: string, more = '') {
  const { root, files } = contractOf(paths, `security: []\n${more}`)
  const text = (files[root] ?? '').replace('components:', `components:${SCHEMAS.trimEnd()}`)
  const { contract, findings } = compileContract({ root, files: { ...files, [root]: text } })
  expect(findings).toEqual([])
  return contract?.operations.map((each) => each.dataClasses)
}

describe('the data classes of an operation', () => {
  it('are those of every schema to which it leads, also in a circle', () => {
    const ref = (name: string) => answering(`{$ref: '#/components/schemas/${name}'}`)
    const paths = `  /patients:
    get: {${ref('Patient')}}
  /findings:
    get: {${ref('Finding')}}
  /plain:
    get: {${ok}}
`
    expect(classes(paths)).toEqual([['healthcare', 'personal'], ['healthcare', 'personal'], undefined])
  })

  it('are those of its parameters, of its path and of the whole document', () => {
    const paths = `  /items:
    x-data-class: stock
    parameters: [{name: a, in: query, schema: {type: string, x-data-class: tracking}}]
    get: {${ok}, parameters: [{name: b, in: query, x-data-class: search, schema: {type: string}}]}
`
    expect(classes(paths, 'x-data-class: internal\n')).toEqual([['internal', 'search', 'stock', 'tracking']])
  })

  it('are not what is only sent or is the name of a field', () => {
    const paths = `  /named:
    get: {${answering("{$ref: '#/components/schemas/Named'}")}}
`
    expect(classes(paths)).toEqual([['odd']])
  })

  it('have names; anything else is refused with its place', () => {
    const paths = `  /items:
    get: {x-data-class: [healthcare, 'Health Care'], ${ok}}
`
    const { findings } = compileContract(contractOf(paths, 'security: []\n'))
    expect(findings).toMatchObject([
      { code: 'contract.structure', path: '/paths/~1items/get/x-data-class/1', line: expect.any(Number) },
    ])
  })
})
