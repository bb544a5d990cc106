import { expect, it } from 'vitest'
import { escapeFilter, escapeName, fill } from './escape.ts'

it.each([
  ['ada', 'ada'],
  ['a*b', 'a\\2ab'],
  ['a)(uid=*', 'a\\29\\28uid=\\2a'],
  ['a\\b\0', 'a\\5cb\\00'],
  ['Ärger', 'Ärger'],
])('%j in a filter is %j', (value, expected) => {
  expect(escapeFilter(value)).toBe(expected)
})

it.each([
  ['ada', 'ada'],
  ['a,b+c=d', 'a\\,b\\+c\\=d'],
  [' a ', '\\ a\\ '],
  ['#a', '\\#a'],
  ['a"<>;\\\0', 'a\\"\\<\\>\\;\\\\\\00'],
])('%j in a name is %j', (value, expected) => {
  expect(escapeName(value)).toBe(expected)
})

it('fills what a template names, with nothing that a value could add', () => {
  expect(fill('(&(a={name})(b={other}))', { name: '{name}*' }, escapeFilter)).toBe(
    '(&(a={name}\\2a)(b={other}))',
  )
})
