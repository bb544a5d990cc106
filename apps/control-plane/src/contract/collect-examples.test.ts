import { describe, expect, it } from 'vitest'
import { compileContract } from './compile-contract.ts'
import { contractOf } from './fixture/sample-contract.ts'

/** The examples of one operation with these responses, and what was told. */
function examplesOf(responses: string, files: Record<string, string> = {}) {
  const paths = `  /items:\n    get: {operationId: listItems, responses: ${responses}}\n`
  const { contract, findings } = compileContract(contractOf(paths, undefined, files))
  return {
    replies: contract?.operations[0]?.replies,
    findings: findings.map(({ code, severity }) => [code, severity]),
  }
}

const json = (rest: string) => `{"200": {description: fine, content: {application/json: ${rest}}}}`
const one = (body: string, name?: string) => [
  { status: 200, ...(name && { name }), mediaType: 'application/json', body },
]

describe('the examples of a contract', () => {
  it.each([
    ['a single one', json('{example: {a: 1}}'), one('{"a":1}')],
    ['null and false too', json('{example: false}'), one('false')],
    [
      'named ones',
      json('{examples: {none: {value: []}, one: {value: [1]}}}'),
      [...one('[]', 'none'), ...one('[1]', 'one')],
    ],
    ['that of a schema', json('{schema: {type: object, example: {b: 2}}}'), one('{"b":2}')],
    ['the first of a schema', json('{schema: {type: string, examples: [x, y]}}'), one('"x"')],
    ['their own before those of a schema', json('{example: 1, schema: {example: 2}}'), one('1')],
    ['no content', '{"204": {description: gone}}', [{ status: 204 }]],
    ['a class of statuses as its first', '{"4XX": {description: no}}', [{ status: 400 }]],
    [
      'text as it stands',
      '{"200": {description: fine, content: {text/csv: {example: "a,b"}}}}',
      [{ status: 200, mediaType: 'text/csv', body: 'a,b' }],
    ],
    [
      'nothing of what nobody says how it is written',
      '{"200": {description: fine, content: {application/xml: {example: {a: 1}}}}}',
      undefined,
    ],
    ['nothing of a range', '{"200": {description: fine, content: {"image/*": {example: x}}}}', undefined],
    ['nothing of default', '{default: {description: else, content: {text/plain: {example: x}}}}', undefined],
    ['nothing where none is written', json('{schema: {type: string}}'), undefined],
    [
      'nothing of what is elsewhere',
      json('{examples: {far: {externalValue: "https://a.example"}}}'),
      undefined,
    ],
  ])('are kept: %s', (_, responses, replies) => {
    expect(examplesOf(responses)).toEqual({ replies, findings: [] })
  })

  it('are found behind references, in other files too', () => {
    const files = {
      'shared.yaml':
        'responses:\n  Items:\n    description: fine\n    content: {text/plain: {example: far}}\n',
    }
    expect(examplesOf('{"200": {$ref: "shared.yaml#/responses/Items"}}', files).replies).toEqual([
      { status: 200, mediaType: 'text/plain', body: 'far' },
    ])
  })

  it('are left out where they are too large, with a warning', () => {
    const large = 'x'.repeat(65_537)
    const responses = `{"200": {description: fine, content: {text/plain: {examples: {large: {value: ${large}}, small: {value: x}}}}}}`
    const { replies, findings } = examplesOf(responses)
    expect(replies).toEqual([{ status: 200, name: 'small', mediaType: 'text/plain', body: 'x' }])
    expect(findings).toEqual([['contract.example', 'warning']])
  })

  it('are no more than an operation and a contract may have', () => {
    const value = 'x'.repeat(65_000)
    const five = Array.from({ length: 5 }, (_, i) => `e${i}: {value: ${value}}`).join(', ')
    const { replies, findings } = examplesOf(
      `{"200": {description: fine, content: {text/plain: {examples: {${five}}}}}}`,
    )
    expect(replies?.map(({ name }) => name)).toEqual(['e0', 'e1', 'e2', 'e3'])
    expect(findings).toHaveLength(1)
  })
})
