import { describe, expect, it } from 'vitest'
import { addToCatalog } from './add-to-catalog.ts'
import { Refusal, wordsOf } from './words.ts'

const words = wordsOf('rate-limit')
const jwt = "always('jwt', () => import('./jwt/policy.ts').then(({ jwt }) => jwt))"
const rateLimit =
  "late('rate-limit', () => import('./rate-limit/policy.ts').then(({ rateLimit }) => rateLimit))"

describe('addToCatalog', () => {
  it('adds the entry after the entries', () => {
    const text = `/** All. */\nexport const lateCatalog: LateCatalog = [${jwt}]\n`
    expect(addToCatalog(text, words)).toBe(
      `/** All. */\nexport const lateCatalog: LateCatalog = [${jwt}, ${rateLimit}]\n`,
    )
  })

  it('adds no second comma where the last entry has one', () => {
    const text = `export const lateCatalog: LateCatalog = [\n  ${jwt},\n]\n`
    expect(addToCatalog(text, words)).toContain(`${jwt}, ${rateLimit}]`)
  })

  it('counts positions right behind characters of more than one byte', () => {
    const text = `// Ünïcödé 🚪\nexport const lateCatalog: LateCatalog = [${jwt}]\n`
    expect(addToCatalog(text, words)).toContain(`= [${jwt}, ${rateLimit}]`)
  })

  it('refuses a text that is no catalogue', () => {
    expect(() => addToCatalog('export const lateCatalog = new Map()\n', words)).toThrow(Refusal)
  })
})
