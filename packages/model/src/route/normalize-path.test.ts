import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_PATH_CHARACTERS, normalizePath } from './normalize-path.ts'

describe('normalizePath', () => {
  it.each([
    ['/', '/'],
    ['/items/42', '/items/42'],
    ['/items/', '/items/'],
    ['/%69tems/%7e%2D', '/items/~-'],
    ['/caf%c3%a9', '/caf%C3%A9'],
    ["/users('4')", "/users('4')"],
    ['/users(%274%27)', '/users(%274%27)'],
    ['/a%20b', '/a%20b'],
    ['/a%2bb;v=1', '/a%2Bb;v=1'],
    ['/a|b[0]', '/a%7Cb%5B0%5D'],
    ['/...', '/...'],
    ['/.well-known', '/.well-known'],
    ['/100%25', '/100%25'],
  ])('brings %s into the form %s', (raw, normal) => {
    expect(normalizePath(raw)).toBe(normal)
  })

  it.each([
    ['what does not begin with a slash', ['', 'items', '*', 'http://a/b', '?a']],
    ['dot segments', ['/.', '/..', '/a/../b', '/a/./b', '/a/..']],
    ['encoded dot segments', ['/%2e', '/%2e%2E/a', '/a/.%2e', '/a/%2e/b']],
    ['dot segments behind path parameters', ['/..;x/a', '/a/.;/b', '/%2e%2e;/a', '/..%3Bx']],
    ['empty segments', ['//', '//a', '/a//b', '/a//', '/;x', '/a/;/b', '/%3Bx']],
    ['encoded slashes and backslashes', ['/a%2fb', '/a%2Fb', '/a%5cb', '/a%5Cb']],
    ['raw backslashes', ['/a\\b', '/\\']],
    ['controls', ['/a\u0000', '/a\nb', '/a\tb', '/a\u007f', '/a\u0085']],
    ['encoded controls', ['/a%00', '/a%0A', '/a%0d%0a', '/a%7F', '/a%C2%85']],
    ['malformed percent-encoding', ['/%', '/%4', '/%zz', '/%4g', '/a%']],
    ['malformed UTF-8', ['/%ff', '/%C3', '/%c0%af', '/%ed%a0%80', '/%C3/%A9']],
    ['query, fragment, space and raw letters beyond ASCII', ['/a?b', '/a#b', '/a b', '/café', '/\ud800']],
    ['what is too long', [`/${'a'.repeat(MAX_PATH_CHARACTERS)}`, `/${'|'.repeat(MAX_PATH_CHARACTERS / 2)}`]],
  ])('refuses %s', (_, paths) => {
    for (const path of paths) expect([path, normalizePath(path)]).toEqual([path, undefined])
  })

  const character = fc.oneof(
    fc.constantFrom(
      '/',
      '.',
      '%',
      '%2',
      '%2e',
      '%41',
      '%c3%a9',
      '%7C',
      ';',
      '%3b',
      '|',
      'a',
      'é',
      '\\',
      '%5c',
      '%2F',
    ),
    fc.string({ minLength: 1, maxLength: 2 }),
  )
  const paths = fc.array(character, { maxLength: 12 }).map((parts) => `/${parts.join('')}`)

  it('changes nothing the second time', () => {
    fc.assert(
      fc.property(paths, (raw) => {
        const once = normalizePath(raw)
        if (once !== undefined) expect(normalizePath(once)).toBe(once)
      }),
      { numRuns: 2000 },
    )
  })

  it('keeps the meaning of what it accepts, and accepts nothing that climbs or hides', () => {
    fc.assert(
      fc.property(paths, (raw) => {
        const path = normalizePath(raw)
        if (path === undefined) return
        expect(decodeURIComponent(path)).toBe(decodeURIComponent(raw))
        // The URL standard resolves dot segments in every spelling: where there are none it changes no segment.
        const segments = new URL(path, 'http://host').pathname.split('/')
        expect(segments.length).toBe(path.split('/').length)
      }),
      { numRuns: 2000 },
    )
  })
})
