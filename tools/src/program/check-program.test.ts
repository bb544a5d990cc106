import { describe, expect, it } from 'vitest'
import { styleErrorsIn } from './check-style.ts'
import { typeErrorsIn } from './check-types.ts'
import { unexplained } from './unexplained.ts'

describe('what programs say', () => {
  it('reads the errors of the compiler', () => {
    const output = "packages/a/b.ts(3,7): error TS2322: Type 'x'.\n  Indented explanation.\n"
    expect(typeErrorsIn(output)).toEqual([
      { file: 'packages/a/b.ts', line: 3, what: "TS2322: Type 'x'.", mend: '' },
    ])
  })

  it('reads the errors of Biome, relative to the root', () => {
    const output =
      '::error title=lint/suspicious/noExplicitAny,file=/r/a.ts,line=2,endLine=2,col=1,endColumn=3::Unexpected any.\n'
    expect(styleErrorsIn(output, '/r')).toEqual([
      {
        file: 'a.ts',
        line: 2,
        what: 'lint/suspicious/noExplicitAny: Unexpected any.',
        mend: 'See biome explain noExplicitAny.',
      },
    ])
  })

  it('finds fault with a program that fails in a way that nobody reads', () => {
    expect(unexplained('tsc', 1, 'error TS5083: Cannot read file', [])).toHaveLength(1)
    expect(unexplained('tsc', 0, 'anything', [])).toEqual([])
  })
})
