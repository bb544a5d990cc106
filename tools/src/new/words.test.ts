import { describe, expect, it } from 'vitest'
import { fill, Refusal, wordsOf } from './words.ts'

describe('wordsOf', () => {
  it('spells a name in the three ways that code needs', () => {
    expect(wordsOf('rate-limit-2')).toEqual({
      name: 'rate-limit-2',
      camel: 'rateLimit2',
      Pascal: 'RateLimit2',
    })
  })

  it.each([
    '',
    'Rate',
    'rate_limit',
    '-rate',
    'rate-',
    'rate--limit',
    '2rate',
    '../rate',
    'a/b',
    'ä',
    'a b',
    '--root',
  ])('refuses "%s", which is no name', (name) => {
    expect(() => wordsOf(name)).toThrow(Refusal)
  })

  it.each(['delete', 'new', 'class', 'await', 'proceed', 'catalog'])(
    'refuses "%s", which code needs for itself',
    (name) => {
      expect(() => wordsOf(name)).toThrow('code needs for itself')
    },
  )

  it('refuses a name that is too long', () => {
    expect(() => wordsOf('a'.repeat(64))).toThrow(Refusal)
  })
})

describe('fill', () => {
  it('puts in every spelling and leaves other braces alone', () => {
    const text = '{{name}} {{camel}} {{Pascal}} {{ name }} {name} {{other}}'
    expect(fill(text, wordsOf('ip-filter'))).toBe('ip-filter ipFilter IpFilter {{ name }} {name} {{other}}')
  })
})
