import { describe, expect, it } from 'vitest'
import { treeOf } from '../tree.ts'
import { checkCircles } from './check-circles.ts'

const a = 'packages/kernel/src/a.ts'
const b = 'packages/kernel/src/b.ts'
const c = 'packages/kernel/src/c/c.ts'

const findings = (texts: Record<string, string>) => checkCircles(treeOf(texts))

describe('checkCircles', () => {
  it('has nothing against files that are needed by several, by way of several', () => {
    expect(
      findings({ [a]: "import './b.ts'\nimport './c/c.ts'", [b]: "import './c/c.ts'", [c]: '' }),
    ).toEqual([])
  })

  it('says where files that need each other close the circle, and through which', () => {
    const found = findings({
      [a]: "import './b.ts'",
      [b]: "export * from './c/c.ts'",
      [c]: "\nimport '../a.ts'",
    })
    expect(found).toEqual([expect.objectContaining({ file: c, line: 2 })])
    expect(found[0]?.what).toContain(`${a} → ${b} → ${c} → ${a}`)
  })

  it('refuses a file that imports itself', () => {
    expect(findings({ [a]: "import './a.ts'" })).toEqual([expect.objectContaining({ file: a, line: 1 })])
  })

  it('finds each of several circles', () => {
    const texts = {
      [a]: "import './b.ts'",
      [b]: "import './a.ts'\nimport './c/c.ts'",
      [c]: "import '../b.ts'",
    }
    expect(findings(texts)).toHaveLength(2)
  })

  it('lets types refer to each other', () => {
    const texts = { [a]: "import { type B } from './b.ts'", [b]: "import type { A } from './a.ts'" }
    expect(findings(texts)).toEqual([])
  })

  it('goes on beside a file that is no TypeScript', () => {
    expect(findings({ [a]: 'const = 2', [b]: "import './b.ts'" })).toEqual([
      expect.objectContaining({ file: b }),
    ])
  })
})
