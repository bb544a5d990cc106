import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readFilter, readPatchPath } from './filter.ts'
import { fits } from './match.ts'
import { ScimError } from './scim-error.ts'

const babs = {
  userName: 'BJensen',
  active: true,
  age: 7,
  title: '',
  emails: [
    { type: 'work', value: 'b@work.example', primary: true },
    { type: 'home', value: 'b@home.example' },
  ],
  meta: { lastModified: '2026-05-13T04:42:34Z' },
}
const isFit = (filter: string) => fits(babs, readFilter(filter))

describe('a filter (RFC 7644 §3.4.2.2)', () => {
  it.each([
    'userName eq "bjensen"',
    'USERNAME Eq "BJENSEN"',
    'urn:ietf:params:scim:schemas:core:2.0:User:userName sw "bj"',
    'userName co "jens" and active eq true',
    'userName ne "x"',
    'nickName ne "x"',
    'not (userName eq "x")',
    'emails eq "b@home.example"',
    'emails.type eq "home"',
    'emails[type eq "work" and value ew "work.example"]',
    'meta.lastModified gt "2011-05-13T04:42:34Z"',
    'age ge 7 and age lt 8',
    'userName eq "x" or userName eq "y" or active eq true',
    'userName eq "x" and active eq true or age eq 7',
    'userName pr and not (title pr)',
    'nickName eq null',
  ])('finds by %s', (filter) => {
    expect(isFit(filter)).toBe(true)
  })

  it.each([
    'userName eq "x"',
    'emails[type eq "work" and value co "home"]',
    'title pr',
    'nickName pr',
    'nickName eq "x"',
    'age gt "6"',
    'active gt 0',
    'userName eq "x" and (active eq true or age eq 7)',
    'constructor pr',
    'toString pr',
  ])('finds nothing by %s', (filter) => {
    expect(isFit(filter)).toBe(false)
  })

  it.each([
    '',
    'userName',
    'userName eq',
    'userName is "x"',
    'userName eq x',
    'userName eq "x',
    'userName eq "x" and',
    'userName eq "x" "y"',
    '(userName eq "x"',
    'userName eq "x")',
    'emails[type eq "x"',
    'not userName eq "x"',
    'a.b.c eq "x"',
    '__proto__ pr',
    'userName eq "\\x"',
    'userName eq 1e999',
    `userName eq "${'x'.repeat(1100)}"`,
    `${'('.repeat(12)}a pr${')'.repeat(12)}`,
    `a pr${' and a pr'.repeat(80)}`,
  ])('is none: %s', (filter) => {
    expect(() => readFilter(filter)).toThrow(ScimError)
  })

  it('is read or refused, whatever it is, and never anything else', () => {
    const word = fc.constantFrom(
      'userName',
      'eq',
      'pr',
      'and',
      'or',
      'not',
      '(',
      ')',
      '[',
      ']',
      '"x"',
      '1',
      ' ',
      '.',
      '\\',
      '"',
    )
    const text = fc.oneof(
      fc.string({ maxLength: 200 }),
      fc.array(word, { maxLength: 60 }).map((all) => all.join(' ')),
    )
    fc.assert(
      fc.property(text, (filter) => {
        for (const read of [readFilter, readPatchPath]) {
          try {
            const result = read(filter)
            if (read === readFilter) fits(babs, result as ReturnType<typeof readFilter>)
          } catch (thrown) {
            expect(thrown).toBeInstanceOf(ScimError)
          }
        }
      }),
      { numRuns: 500 },
    )
  })
})
