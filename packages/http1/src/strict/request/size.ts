import { get, line, one, type RequestCase, refused } from './request-case.ts'

/** Heads that are longer than anybody needs (RFC 9112 §3, §5; RFC 6585 §5). */
export const sizes: readonly RequestCase[] = [
  refused(431, 'a value of 64 KiB', get(`X: ${'y'.repeat(65_536)}`)),
  refused(431, 'a name of 64 KiB', get(`${'X'.repeat(65_536)}: y`)),
  refused(
    431,
    'fields of 64 KiB together',
    get(...Array.from({ length: 64 }, (_, i) => `X-${i}: ${'y'.repeat(1024)}`)),
  ),
  refused(431, 'a head of 64 KiB that does not end', get().slice(0, -2) + 'X: y\r\n'.repeat(11_000)),
  refused(431, 'a thousand fields', get(...Array.from({ length: 1000 }, (_, i) => `X${i}: y`))),
  refused(431, 'one field more than the limit', get(...Array.from({ length: 100 }, (_, i) => `X${i}: y`))),
  refused(431, 'blanks of 64 KiB around a value', get(`X:${' '.repeat(65_536)}y`)),
  one('as many fields as the limit', get(...Array.from({ length: 99 }, (_, i) => `X${i}: y`))),
  one('a target of 8 KiB', line(`GET /${'a'.repeat(8191)} HTTP/1.1`), { target: `/${'a'.repeat(8191)}` }),
]
