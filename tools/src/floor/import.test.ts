import { describe, expect, it } from 'vitest'
import { SyntaxProblem } from '../syntax.ts'
import { importsOf } from './import.ts'

const seen = (text: string) => importsOf('sample.ts', text).map((each) => each.specifier)

describe('importsOf', () => {
  it.each([
    ["import 'a'", 'a'],
    ["import { b } from 'a'", 'a'],
    ["import type { B } from 'a'", 'a'],
    ["import * as b from 'a'", 'a'],
    ["export { b } from 'a'", 'a'],
    ["export type { B } from 'a'", 'a'],
    ["export * from 'a'", 'a'],
    ["const b = await import('a')", 'a'],
    ["type B = import('a').B", 'a'],
    ["type B = typeof import('a')", 'a'],
    ["import b = require('a')", 'a'],
    ["const b = require('a')", 'a'],
    ["declare module 'x' { export { b } from 'a' }", 'a'],
  ])('sees %s', (text, specifier) => {
    expect(seen(text)).toEqual([specifier])
  })

  it('takes no comment, text, template or regular expression for an import', () => {
    const text = [
      "// import 'a'",
      "/* export * from 'a' */",
      'const quoted = "import { b } from \'a\'"',
      `const template = \`import 'a' \${1 + 1} from 'a'\``,
      "const pattern = /import 'a'/",
      'const own = { import: 1, from: 2 }',
    ].join('\n')
    expect(seen(text)).toEqual([])
  })

  it('tells what vanishes with the types from what is run', () => {
    const text = [
      "import type { A } from 'a'",
      "import { type B } from 'b'",
      "import { type C, d } from 'c'",
      "import 'd'",
    ].join('\n')
    expect(importsOf('sample.ts', text).map((each) => each.typeOnly)).toEqual([true, true, false, false])
  })

  it('gives the fixed beginning of a computed name', () => {
    const [first, second] = importsOf('sample.ts', `await import(\`./step/\${name}.ts\`)\nawait import(name)`)
    expect(first).toMatchObject({ computed: true, specifier: './step/', line: 1 })
    expect(second).toMatchObject({ computed: true, specifier: '', line: 2 })
  })

  it('counts lines from 1', () => {
    expect(importsOf('sample.ts', "\n\nimport 'a'").map((each) => each.line)).toEqual([3])
  })

  it('names the line of what is no TypeScript', () => {
    expect(() => importsOf('sample.ts', 'const a = 1\nconst = 2')).toThrow(SyntaxProblem)
  })
})
