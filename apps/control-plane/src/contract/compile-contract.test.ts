import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileContract } from './compile-contract.ts'
import { contractLimits } from './contract-limit.ts'
import { contractOf, head, ok } from './fixture/sample-contract.ts'

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

describe('compileContract', () => {
  it('keeps what is enforced, granted and shown', () => {
    const paths = `  /items:
    get: {operationId: listItems, security: [{oauth: [list_items]}], ${ok}}
    post: {security: [{oauth: [order_item, list_items]}], ${ok}}
`
    const replies = [{ status: 200 }]
    expect(compiled(paths)).toEqual({
      title: 'Warehouse',
      operations: [
        { id: 'listItems', method: 'GET', path: '/items', security: [{ oauth: ['list_items'] }], replies },
        {
          id: 'POST /items',
          method: 'POST',
          path: '/items',
          security: [{ oauth: ['order_item', 'list_items'] }],
          replies,
        },
      ],
      scopes: { list_items: 'See what is in stock', order_item: 'Order an item' },
      schemes: { oauth: { type: 'oauth2' } },
    })
  })

  it('means by security what OpenAPI means: own before inherited, list = or, object = and, [] = public', () => {
    const schemes = 'security: [{oauth: [list_items]}]\n'
    const paths = `  /inherited:
    get: {${ok}}
  /public:
    get: {security: [], ${ok}}
  /optional:
    get: {security: [{}, {oauth: []}], ${ok}}
  /either:
    get: {security: [{oauth: [list_items]}, {oauth: [order_item]}], ${ok}}
`
    expect(compiled(paths, schemes)?.operations.map((each) => each.security)).toEqual([
      [{ oauth: ['list_items'] }],
      [],
      [{}, { oauth: [] }],
      [{ oauth: ['list_items'] }, { oauth: ['order_item'] }],
    ])
  })

  it('reads every kind of scheme, in 3.0 and 3.1, in YAML and JSON', () => {
    const securitySchemes = {
      oidc: {
        type: 'openIdConnect',
        openIdConnectUrl: 'https://example.com/.well-known/openid-configuration',
      },
      bearer: { type: 'http', scheme: 'Bearer' },
      key: { type: 'apiKey', in: 'header', name: 'X-Key' },
    }
    const responses = { 200: { description: 'fine' } }
    for (const openapi of ['3.0.3', '3.1.1']) {
      const document = {
        openapi,
        info: { title: 'x', version: '1' },
        components: { securitySchemes },
        paths: { '/a': { get: { security: [{ oidc: ['profile'], key: [] }, { bearer: [] }], responses } } },
      }
      const { contract, findings } = compileContract({
        root: 'a.json',
        files: { 'a.json': JSON.stringify(document) },
      })
      expect(findings).toEqual([])
      expect(contract?.schemes).toEqual({
        oidc: { type: 'openIdConnect' },
        bearer: { type: 'http', scheme: 'bearer' },
        key: { type: 'apiKey', in: 'header', name: 'X-Key' },
      })
      expect(contract?.scopes).toEqual({ profile: 'profile' })
    }
  })

  it('refuses an operation of which nobody said who may call it, naming it and the two ways to mend it', () => {
    const { findings, contract } = compileContract(contractOf(`  /items:\n    get:\n      ${ok}\n`, ''))
    expect(contract).toBeUndefined()
    expect(findings).toEqual([
      {
        severity: 'error',
        code: 'contract.unsecured',
        message: 'The operation "GET /items" has no security requirement, and neither has the document.',
        remedy: expect.stringMatching(/add `security`.*or state `security: \[\]`/),
        file: 'api.yaml',
        line: 13,
        column: 5,
        path: '/paths/~1items/get',
      },
    ])
  })

  const get = (rest: string) => `    get: {${rest}, ${ok}}\n`
  const inPath = (name: string) => `{name: ${name}, in: path, required: true, schema: {}}`
  it.each([
    ['TRACE', `  /a:\n    trace: {${ok}}\n${get('summary: x')}`, 'contract.method'],
    ['a malformed template', `  /a/{b:\n${get('summary: x')}`, 'contract.template'],
    ['a query in a template', `  "/a?b={c}":\n${get('summary: x')}`, 'contract.template'],
    ['a variable that is not declared', `  /a/{b}:\n${get('summary: x')}`, 'contract.parameter'],
    ['a parameter without variable', `  /a:\n${get(`parameters: [${inPath('b')}]`)}`, 'contract.parameter'],
    [
      'a path parameter that is not required',
      `  /a/{b}:\n${get('parameters: [{name: b, in: path, schema: {}}]')}`,
      'contract.parameter',
    ],
    [
      'a parameter declared twice',
      `  /a/{b}:\n${get(`parameters: [${inPath('b')}, ${inPath('b')}]`)}`,
      'contract.parameter',
    ],
    [
      'a parameter that is nowhere',
      `  /a:\n${get('parameters: [{name: b, in: body, schema: {}}]')}`,
      'contract.parameter',
    ],
    [
      'templates that differ in names only',
      `  /a/{b}:\n${get(`parameters: [${inPath('b')}]`)}  /a/{c}:\n${get(`parameters: [${inPath('c')}]`)}`,
      'contract.ambiguous',
    ],
    [
      'templates of which neither is the more specific',
      `  /{a}/me:\n${get(`parameters: [${inPath('a')}]`)}  /books/{c}:\n${get(`parameters: [${inPath('c')}]`)}`,
      'contract.ambiguous',
    ],
    [
      'an id used twice',
      `  /a:\n${get('operationId: x')}  /b:\n${get('operationId: x')}`,
      'contract.operationId',
    ],
    [
      'an id that another operation has by default',
      `  /a:\n${get('operationId: GET /b')}  /b:\n${get('summary: x')}`,
      'contract.operationId',
    ],
    ['an unknown scheme', `  /a:\n${get('security: [{gone: []}]')}`, 'contract.scheme'],
    [
      'a scheme that objects have by nature',
      `  /a:\n${get('security: [{constructor: []}]')}`,
      'contract.scheme',
    ],
    ['an undeclared scope', `  /a:\n${get('security: [{oauth: [gone]}]')}`, 'contract.scope'],
    ['a scope that is no text', `  /a:\n${get('security: [{oauth: [1]}]')}`, 'contract.scheme'],
    ['a requirement that is null', `  /a:\n${get('security: null')}`, 'contract.scheme'],
    ['an alternative that is null, which is not {}', `  /a:\n${get('security: [null]')}`, 'contract.scheme'],
    ['scopes that are no list', `  /a:\n${get('security: [{oauth: list_items}]')}`, 'contract.scheme'],
    ['an unknown key', `  /a:\n${get('sumary: x')}`, 'contract.structure'],
    ['no operation', '  x-nothing: {}\n', 'contract.empty'],
    ['a key twice', `  /a:\n${get('summary: x')}  /a:\n${get('summary: x')}`, 'source.duplicateKey'],
  ])('refuses %s', (_, paths, code) => {
    expect(refused(paths).map((each) => each.code)).toContain(code)
  })

  it.each([
    ['oauth: {type: oauth2}', 'needs `flows`'],
    ['oauth: {type: http}', 'needs a `scheme`'],
    ['oauth: {type: apiKey, in: body, name: x}', 'needs `in`'],
    ['oauth: {type: basic}', 'none of oauth2'],
  ])('refuses the scheme %s, once and saying why', (scheme, reason) => {
    const text = `${head}security: [{oauth: []}]\ncomponents: {securitySchemes: {${scheme}}}\npaths: {/a: {get: {${ok}}}}`
    for (const version of ['3.1.0', '3.0.3']) {
      const files = { 'api.yaml': text.replace('3.1.0', version) }
      const { findings } = compileContract({ root: 'api.yaml', files })
      expect(findings.map((each) => each.code)).toEqual(['contract.scheme'])
      expect(findings[0]?.message).toContain(reason)
    }
  })

  it('refuses scopes of schemes that have none, because nobody could enforce them', () => {
    const schemes = 'components: {securitySchemes: {bearer: {type: http, scheme: bearer}}}\n'
    const text = `${head}security: [{bearer: [admin]}]\n${schemes}paths: {/a: {get: {${ok}}}}`
    const { findings } = compileContract({ root: 'a.yaml', files: { 'a.yaml': text } })
    expect(findings.map((each) => each.code)).toEqual(['contract.scope'])
  })

  it('warns, and no more, of a scope without a description', () => {
    const text =
      contractOf(`  /a:\n${get('summary: x')}`).files['api.yaml']?.replace('See what is in stock', '""') ?? ''
    const { contract, findings } = compileContract({ root: 'a.yaml', files: { 'a.yaml': text } })
    expect(findings).toMatchObject([{ severity: 'warning', code: 'contract.scopeDescription', line: 11 }])
    expect(contract?.scopes.list_items).toBe('list_items')
  })

  it('never lets a warning hide an error of the same place', () => {
    const text =
      contractOf(`  /a:\n${get('summary: x')}`).files['api.yaml']?.replace('See what is in stock', '7') ?? ''
    expect(compileContract({ root: 'a.yaml', files: { 'a.yaml': text } }).contract).toBeUndefined()
  })

  it.each([
    ['swagger: "2.0"', 'Swagger 2.0'],
    ['openapi: 3.2.0', 'OpenAPI "3.2.0"'],
    ['openapi: 3.1', 'OpenAPI 3.1'],
    ['title: x', 'without `openapi`'],
    ['[1, 2]', 'without `openapi`'],
    ['just a text', 'without `openapi`'],
  ])('refuses %j, naming what it is and how to convert it', (text, what) => {
    const { findings } = compileContract({ root: 'a.yaml', files: { 'a.yaml': text } })
    expect(findings).toMatchObject([
      { code: 'contract.version', line: 1, remedy: expect.stringContaining('Convert') },
    ])
    expect(findings[0]?.message).toContain(what)
  })

  it.each([
    [{}, 'contract.missing'],
    [{ 'api.yaml': '' }, 'contract.structure'],
    [{ 'api.yaml': 'a: [' }, 'source.malformed'],
    [{ 'api.yaml': 'a: 1\n---\nb: 2\n' }, 'source.tooLarge'],
  ])('refuses the files %j with %s', (files, code) => {
    expect(compileContract({ root: 'api.yaml', files }).findings).toMatchObject([{ code }])
  })

  it('tells everything that is wrong at once, from top to bottom', () => {
    const paths = `  /a/{b}:\n${get('summary: x')}  /c:\n${get('security: [{gone: []}]')}  /d:\n${get('sumary: x')}`
    expect(refused(paths).map(({ code, line }) => [code, line])).toEqual([
      ['contract.parameter', 14],
      ['contract.scheme', 16],
      ['contract.structure', 18],
    ])
  })

  it('stops listing at a thousand findings, says so, and still refuses', () => {
    const paths = Array.from({ length: 1200 }, (_, i) => `  /p${i}:\n${get('summary: x')}`).join('')
    const { contract, findings } = compileContract(contractOf(paths, ''))
    expect(contract).toBeUndefined()
    expect(findings).toHaveLength(1001)
    expect(findings.map((each) => each.message)).toContain('200 more findings are not listed.')
  })

  it('refuses more operations, files and references than its limits allow', () => {
    const paths = `  /a:\n${get('summary: x')}  /b:\n${get('parameters: [{$ref: "#/x"}, {$ref: "#/x"}]')}`
    const codes = (limits: Partial<typeof contractLimits>) =>
      compileContract(contractOf(paths), { ...contractLimits, ...limits }).findings.map((each) => each.code)
    expect(codes({ maxOperations: 1 })).toContain('contract.limit')
    expect(codes({ maxFiles: 0 })).toEqual(['contract.limit'])
    expect(codes({ maxReferences: 1 })).toContain('contract.limit')
  })

  it('never throws and never compiles what it found an error in, whatever it is given', () => {
    const key = fc.constantFrom(
      ...[
        'get',
        'trace',
        'parameters',
        '$ref',
        'security',
        'responses',
        '/a/{b}',
        'in',
        'name',
        'schema',
        '__proto__',
      ],
      ...[
        'components',
        'securitySchemes',
        'type',
        'flows',
        'scopes',
        'paths',
        'oauth',
        'x-y',
        'content',
        'items',
      ],
    )
    const leaf = fc.oneof(
      fc.constantFrom('#/paths', '#/components', 'path', 'oauth2', 'http', '../x', '#/', '', 'a.json'),
      fc.constantFrom(null, true, 0, 1e9),
      fc.string({ maxLength: 4 }),
    )
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof({ depthSize: 'small' }, leaf, tie('list'), tie('object'), tie('object')),
      list: fc.array(tie('value'), { maxLength: 3 }),
      object: fc.dictionary(key, tie('value'), { maxKeys: 4 }),
    }))
    const part = fc.dictionary(key, value, { maxKeys: 4 })
    fc.assert(
      fc.property(
        part,
        part,
        part,
        fc.constantFrom('3.0.0', '3.1.0'),
        (paths, components, other, openapi) => {
          const info = { title: 'x', version: '1' }
          const text = JSON.stringify({ openapi, info, paths, components, ...other })
          const { contract, findings } = compileContract({ root: 'a.json', files: { 'a.json': text } })
          expect(contract === undefined).toBe(findings.some((each) => each.severity === 'error'))
        },
      ),
      { numRuns: 1000 },
    )
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), fc.constantFrom('a.json', 'a.yaml'), (text, root) => {
        expect(compileContract({ root, files: { [root]: text } }).contract).toBeUndefined()
      }),
    )
  })
})
