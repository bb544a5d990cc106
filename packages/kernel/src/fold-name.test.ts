import { expect, it } from 'vitest'
import { foldName } from './fold-name.ts'

it.each([
  ['another case', 'ADA'],
  ['spaces', ' ada '],
  ['a space of another kind', 'a\u2003da'],
  ['what is not seen', 'a\u00ADd\u200Ba'],
  ['wide letters', '\uFF41\uFF44\uFF41'],
  ['accents', 'ad\u00E1'],
  ['accents of their own', 'ada\u0301'],
])('a name is the same with %s', (_, written) => {
  expect(foldName(written)).toBe('ada')
})

it('another name is another', () => {
  expect(foldName('ida')).not.toBe(foldName('ada'))
})
