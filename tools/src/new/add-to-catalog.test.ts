import { describe, expect, it } from 'vitest'
import { addToCatalog } from './add-to-catalog.ts'
import { Refusal, wordsOf } from './words.ts'

const words = wordsOf('rate-limit')
const head =
  "import { anyPolicy, type Catalog } from '@portcullis/policy-kit/policy'\nimport { jwt } from './jwt/policy.ts'\n"

describe('addToCatalog', () => {
  it('adds the import after the imports and the entry after the entries', () => {
    const text = `${head}\n/** All. */\nexport const catalog: Catalog = [anyPolicy(jwt)]\n`
    expect(addToCatalog(text, words)).toBe(
      `${head.trimEnd()}\nimport { rateLimit } from './rate-limit/policy.ts'\n\n/** All. */\nexport const catalog: Catalog = [anyPolicy(jwt), anyPolicy(rateLimit)]\n`,
    )
  })

  it('adds no second comma where the last entry has one', () => {
    const text = `${head}export const catalog: Catalog = [\n  anyPolicy(jwt),\n]\n`
    expect(addToCatalog(text, words)).toContain('anyPolicy(jwt), anyPolicy(rateLimit)]')
  })

  it('counts positions right behind characters of more than one byte', () => {
    const text = `// Ünïcödé 🚪\n${head}export const catalog: Catalog = [anyPolicy(jwt)]\n`
    expect(addToCatalog(text, words)).toContain('= [anyPolicy(jwt), anyPolicy(rateLimit)]')
  })

  it('refuses a text that is no catalogue', () => {
    expect(() => addToCatalog(`${head}export const catalog = new Map()\n`, words)).toThrow(Refusal)
  })
})
