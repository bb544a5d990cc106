import { expect, it } from 'vitest'
import { freshMillis } from './cache-life.ts'

const NOW = Date.parse('Sun, 22 Nov 2026 12:00:00 GMT')
const HOUR = 3_600_000

it.each<[Record<string, string>, number]>([
  [{ 'cache-control': 'public, Max-Age=3600' }, HOUR],
  [{ 'cache-control': 'max-age=3600', age: '1800' }, HOUR / 2],
  [{ 'cache-control': 'max-age=3600', expires: 'Sun, 22 Nov 2026 12:10:00 GMT' }, HOUR],
  [{ expires: 'Sun, 22 Nov 2026 13:00:00 GMT' }, HOUR],
  [{ expires: 'Sun, 22 Nov 2026 13:00:00 GMT', date: 'Sun, 22 Nov 2026 12:30:00 GMT' }, HOUR / 2],
  [{}, 300_000],
  [{ 'cache-control': 'public' }, 300_000],
])('lets %j be fresh for %d ms', (headers, millis) => {
  expect(freshMillis(new Headers(headers), NOW)).toBe(millis)
})

it.each<[Record<string, string>]>([
  [{ 'cache-control': 'no-store, max-age=3600' }],
  [{ 'cache-control': 'no-cache' }],
  [{ 'cache-control': 'max-age=0' }],
  [{ 'cache-control': 'max-age=x' }],
  [{ 'cache-control': 'max-age=60', age: '3600' }],
  [{ expires: '0' }],
  [{ expires: 'Sun, 22 Nov 2026 11:00:00 GMT' }],
])('asks once a minute at most where %j would have it sooner', (headers) => {
  expect(freshMillis(new Headers(headers), NOW)).toBe(60_000)
})

it('asks once a day at least', () => {
  expect(freshMillis(new Headers({ 'cache-control': 'max-age=31536000' }), NOW)).toBe(86_400_000)
})
