import { expect, test } from 'vitest'
import { kindOf } from './field-kind.ts'

test.each([
  ['Host', 'host'],
  ['DATE', 'date'],
  ['content-Length', 'content-length'],
  ['Connection', 'framing'],
  ['Transfer-Encoding', 'framing'],
  ['te', 'of-connection'],
  ['Proxy-Authorization', 'of-connection'],
  ['X-Host', 'other'],
  ['Content-Length ', 'no-name'],
  ['a:b', 'no-name'],
  ['a\r\nb', 'no-name'],
  ['h\u00f6st', 'no-name'],
  ['', 'no-name'],
])('the kind of %j is %s, also when it is asked again', (name, kind) => {
  expect(kindOf(name)).toBe(kind)
  expect(kindOf(name)).toBe(kind)
})

test('names are judged alike when more of them were seen than are remembered', () => {
  for (let i = 0; i < 5_000; i++) expect(kindOf(`X-Made-Up-${i}`)).toBe('other')
  expect(kindOf('CONNECTION')).toBe('framing')
  expect(kindOf('COnnection:')).toBe('no-name')
})
