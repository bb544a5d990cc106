import { cpuMillis } from '@portcullis/kernel/fixture/cpu-millis'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readSource } from './read-source.ts'
import { declarationLimits, type SourceLimits } from './source-document.ts'

function valuesOf(file: string, text: string, limits?: SourceLimits): unknown[] {
  const { documents, findings } = readSource(file, text, limits)
  expect(findings).toEqual([])
  return documents.map((each) => each.value)
}

const small: SourceLimits = { maxBytes: 5000, maxDepth: 5, maxDocuments: 3, maxAliasedValues: 50 }

describe('readSource', () => {
  it('reads every document of a YAML file and leaves empty ones out', () => {
    expect(valuesOf('a.yaml', 'kind: Api\n---\n---\nkind: App\n---\n# nothing\n')).toEqual([
      { kind: 'Api' },
      { kind: 'App' },
    ])
    expect(valuesOf('a.yaml', '')).toEqual([])
  })

  it('reads YAML 1.2: no, on, dates and octal-looking texts stay what they were written as', () => {
    expect(valuesOf('a.yaml', 'a: [no, on, 2020-01-01, 012, 0x1F, 1.5, null, ~, true]')).toEqual([
      { a: ['no', 'on', '2020-01-01', 12, 31, 1.5, null, null, true] },
    ])
  })

  it('reads keys as they are written', () => {
    expect(valuesOf('a.yaml', '200: ok\n1.0: x\ntrue: y\n')).toEqual([{ 200: 'ok', '1.0': 'x', true: 'y' }])
  })

  it('tells where a value stands by its JSON Pointer', () => {
    const yaml = readSource('a.yaml', 'a: 1\n---\nb:\n  c/d:\n    - x\n    - y: 2\n').documents[1]
    expect(yaml?.locate('/b/c~1d')).toEqual({ line: 4, column: 3 })
    expect(yaml?.locate('/b/c~1d/1/y')).toEqual({ line: 6, column: 7 })
    expect(yaml?.locate('/b/gone/further')).toEqual({ line: 3, column: 1 })
    const json = readSource('a.json', '{\n  "a": [1,\r\n    {"b": true}]\n}').documents[0]
    expect(json?.locate('/a/1/b')).toEqual({ line: 3, column: 6 })
    expect(json?.locate('/a/1')).toEqual({ line: 3, column: 5 })
    expect(json?.locate('')).toEqual({ line: 1, column: 1 })
  })

  it('follows aliases, in values and in places', () => {
    const { documents } = readSource('a.yaml', 'a: &x {b: 1}\nc: *x\n')
    expect(documents[0]?.value).toEqual({ a: { b: 1 }, c: { b: 1 } })
    expect(documents[0]?.locate('/c/b')).toEqual({ line: 1, column: 8 })
    expect(valuesOf('a.yaml', '- &x 1\n- &y [*x]\n- &x 2\n- [*x, *y]\n')).toEqual([[1, [1], 2, [2, [1]]]])
  })

  it('keeps the name __proto__ a name like any other', () => {
    for (const [file, text] of [
      ['a.yaml', '__proto__: {polluted: true}\nconstructor: 1'],
      ['a.json', '{"__proto__": {"polluted": true}, "constructor": 1}'],
    ] as const) {
      const [value] = valuesOf(file, text) as [Record<string, unknown>]
      expect(Object.keys(value)).toEqual(['__proto__', 'constructor'])
      expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
      expect(value.polluted).toBeUndefined()
    }
  })

  it.each([
    ['a.yaml', 'a: 1\nb: [1, 2\nc: 3', 'source.malformed', 3],
    ['a.yaml', 'a: "x', 'source.malformed', 1],
    ['a.yaml', '\ta: 1', 'source.malformed', 1],
    ['a.yaml', 'a: *gone', 'source.malformed', 1],
    ['a.yaml', 'a: 1\nb: 2\na: 3', 'source.duplicateKey', 3],
    ['a.yaml', '200: 1\n"200": 2', 'source.duplicateKey', 2],
    ['a.yaml', '__proto__: 1\n__proto__: 2', 'source.duplicateKey', 2],
    ['a.yaml', 'a: &x 1\n<<: *x', 'source.unsupported', 2],
    ['a.yaml', 'a: .inf', 'source.unsupported', 1],
    ['a.yaml', '? [a]\n: b', 'source.unsupported', 1],
    ['a.yaml', 'a: &x\n  b: *x', 'source.unsupported', 2],
    ['a.yaml', 'a: !!js/function "x"', 'source.malformed', 1],
    ['a.yaml', 'a: !secret x', 'source.malformed', 1],
    ['a.yaml', 'a: !!timestamp 2020-01-01', 'source.malformed', 1],
    ['a.yaml', '%YAML 1.1\n---\na: yes', 'source.unsupported', 1],
    ['a.yaml', 'a: [[[[[[1]]]]]]', 'source.tooLarge', 1],
    ['a.yaml', '[1]\n---\n'.repeat(4), 'source.tooLarge', undefined],
    ['a.yaml', `a: ${'x'.repeat(5000)}`, 'source.tooLarge', 1],
    ['a.yaml', '['.repeat(4900), 'source.malformed', 1],
    ['a.json', '', 'source.malformed', 1],
    ['a.json', '{"a": 1,}', 'source.malformed', 1],
    ['a.json', '{"a": 01}', 'source.malformed', 1],
    ['a.json', "{'a': 1}", 'source.malformed', 1],
    ['a.json', '{"a": 1}\n{}', 'source.malformed', 2],
    ['a.json', '{"a": "x\ny"}', 'source.malformed', 1],
    ['a.json', '["\\x"]', 'source.malformed', 1],
    ['a.json', '[1e999]', 'source.malformed', 1],
    ['a.json', '{\n"a": 1,\n"a": 2}', 'source.duplicateKey', 3],
    ['a.json', '{"a": {"b": 1, "\\u0062": 2}}', 'source.duplicateKey', 1],
    ['a.json', '[[[[[[1]]]]]]', 'source.tooLarge', 1],
    ['a.json', '['.repeat(4900), 'source.tooLarge', 1],
  ])('refuses %s %j with %s and its place', (file, text, code, line) => {
    const { documents, findings } = readSource(file, text, small)
    expect(documents).toEqual([])
    expect(findings[0]).toMatchObject({ severity: 'error', code, file, remedy: expect.stringMatching(/./) })
    expect(findings[0]?.line).toBe(line)
  })

  it.each([
    ['a tab', 'a:\n  b: 1\n\tc: 2\n  d: {e: 3}\nf: 4', 3, 'Indent with spaces.'],
    ['a colon in a text', 'title: Alice: Ahn', 1, 'Put the text in quotes'],
    ['a star', 'hosts: [*]', 1, 'Put it in quotes'],
    ['a bracket that stays open', 'a: [b\nc: 1\nd: 2', 2, 'close the bracket'],
  ])('tells what to do about %s, once, and nothing of what follows from it', (_, text, line, remedy) => {
    expect(readSource('a.yaml', text).findings).toEqual([
      expect.objectContaining({ line, remedy: expect.stringContaining(remedy) }),
    ])
  })

  it('refuses aliases that multiply, and quickly', async () => {
    const lines = Array.from({ length: 30 }, (_, i) => `a${i + 1}: &x${i + 1} [${`*x${i}, `.repeat(9)}]`)
    const bomb = `a0: &x0 lol\n${lines.join('\n')}`
    const refuse = () =>
      expect(readSource('a.yaml', bomb).findings[0]).toMatchObject({ code: 'source.tooLarge' })
    expect(await cpuMillis(refuse)).toBeLessThan(2000)
  })

  it('gives back the documents that can be read beside the findings of one that cannot', () => {
    const { documents, findings } = readSource('a.yaml', 'a: 1\n---\nb: .nan\n---\nc: 3\n')
    expect(documents.map((each) => each.value)).toEqual([{ a: 1 }, { c: 3 }])
    expect(findings).toHaveLength(1)
    expect(findings[0]).toMatchObject({ line: 3, column: 4, path: '/b' })
  })

  it('reads JSON exactly as JSON.parse does, except that it refuses keys that stand twice', () => {
    const text = fc.oneof(
      fc.json(),
      fc.jsonValue().map((value) => JSON.stringify(value, null, 2)),
      fc
        .array(
          fc.constantFrom('{', '}', '[', ']', '"a"', '"b"', ':', ',', '1', '-0.5e2', ' ', 'true', 'nul'),
          {
            maxLength: 8,
          },
        )
        .map((parts) => parts.join('')),
    )
    fc.assert(
      fc.property(text, (each) => {
        const { documents, findings } = readSource('a.json', each)
        if (findings.some(({ code }) => code === 'source.duplicateKey')) return
        expect(documents.map(({ value }) => value)).toEqual(parsedBy(each))
      }),
      { numRuns: 2000 },
    )
  })

  it('reads JSON the same as YAML, of which it is a part', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: true }), (value) => {
        const text = JSON.stringify({ value }, null, 2)
        expect(valuesOf('a.yaml', text)).toEqual(valuesOf('a.json', text))
      }),
      { numRuns: 200 },
    )
  })

  it('never throws, whatever it is given', () => {
    const piece = fc.constantFrom(
      ...[
        'a: ',
        '- ',
        '&x ',
        '*x',
        '<<: ',
        '{',
        '}',
        '[',
        ']',
        '\n',
        '  ',
        '? ',
        '|',
        '>',
        '"',
        "'",
        '#',
        '---\n',
      ],
      ...['!!map ', '!t ', '%YAML 1.1\n', '...\n', '\t', '\u0000', '\ufeff', '\ud800', '.nan', '0x', '~'],
    )
    const text = fc.oneof(
      fc.string(),
      fc.array(piece, { maxLength: 30 }).map((parts) => parts.join('')),
    )
    fc.assert(
      fc.property(text, fc.constantFrom('a.yaml', 'a.json'), (each, file) => {
        const { documents, findings } = readSource(file, each)
        for (const document of documents) {
          JSON.stringify(document.value)
          expect(document.locate('/a/0/b').line).toBeGreaterThan(0)
        }
        for (const finding of findings) expect(finding.remedy).not.toBe('')
      }),
      { numRuns: 3000 },
    )
  })

  it('reads a declaration of a thousand documents', () => {
    const text = 'kind: App\n---\n'.repeat(declarationLimits.maxDocuments)
    expect(valuesOf('a.yaml', text)).toHaveLength(declarationLimits.maxDocuments)
  })
})

function parsedBy(text: string): unknown[] {
  try {
    return [JSON.parse(text)]
  } catch {
    return []
  }
}
