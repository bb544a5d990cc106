import { expect, test } from 'vitest'
import { announcedTrailers, composeTrailers, keepAnnounced } from './trailer.ts'

test('only fields that were announced are kept, whatever their spelling', () => {
  expect(keepAnnounced(['X-Sum', '1', 'other', '2', 'x-sum', '3'], 'x-SUM , absent')).toEqual([
    'X-Sum',
    '1',
    'x-sum',
    '3',
  ])
  expect(keepAnnounced(['X-Sum', '1'], undefined)).toEqual([])
})

test.each(
  'authorization cookie set-cookie content-length content-encoding content-type transfer-encoding host te trailer expect connection cache-control location date proxy-authorization'.split(
    ' ',
  ),
)('no trailer may be called %s, announced or not (RFC 9110 §6.5.1)', (name) => {
  expect(announcedTrailers(name)).toEqual([])
  expect(keepAnnounced([name, 'x'], name)).toEqual([])
})

test('what is no name or no value is not written', () => {
  expect(announcedTrailers('a b, x:y, , ok')).toEqual(['ok'])
  expect(composeTrailers(['ok', 'a\r\nb: c', 'OK', 'fine', 'ok', 'ł'], 'ok')).toBe('OK: fine\r\n')
})
