import { expect, test } from 'vitest'
import { matchPattern } from './like.ts'

test.each([
  [['x', 'yz', 'z'], 'xyz', false],
  [['x', 'yz', 'z'], 'xyzz', true],
  [['a', 'a'], 'a', false],
  [['a', 'a'], 'aa', true],
  [['', 'ab', ''], 'ab', true],
  [['', 'b', 'ab'], 'ab', false],
  [['ab'], 'abc', false],
])('no character counts for two parts of a pattern: %j is %s: %s', (parts, text, matches) => {
  expect(matchPattern(parts, text)).toBe(matches)
})
