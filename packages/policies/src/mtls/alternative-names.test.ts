import { describe, expect, it } from 'vitest'
import { readAlternativeNames } from './alternative-names.ts'
import { readDistinguishedName } from './distinguished-name.ts'
import { readRevocationList } from './revocation-list.ts'

describe('alternative names', () => {
  it.each<[string | undefined, string[], string[]]>([
    [undefined, [], []],
    ['DNS:a.example, DNS:b.example', ['a.example', 'b.example'], []],
    ['DNS:"a.example, DNS:evil.example", URI:x', ['a.example, DNS:evil.example'], ['x']],
    ['IP Address:192.0.2.1, DNS:a', ['a'], []],
    ['URI:"a\\"b"', [], ['a"b']],
  ])('of %s', (text, dns, uri) => {
    expect(readAlternativeNames(text)).toMatchObject({ dns, uri })
  })

  it.each(['a.example', 'DNS:a"b', 'DNS:"a"b', 'DNS:"a'])(
    'that are not what they seem are refused: %s',
    (text) => {
      expect(() => readAlternativeNames(text)).toThrow()
    },
  )
})

it.each([
  ['CN=a', 'CN=a'],
  ['CN=a\\,b,O=c', 'O=c\nCN=a\\,b'],
  ['1.2.3=x,C=DE', 'C=DE\n1.2.3=x'],
  ['CN=', undefined],
  ['nobody', undefined],
  ['CN=a,,C=DE', undefined],
])('the distinguished name %s', (text, expected) => {
  expect(readDistinguishedName(text)).toBe(expected)
})

it.each([
  '',
  'x',
  '-----BEGIN X509 CRL-----MIIB-----END X509 CRL-----',
  '-----BEGIN X509 CRL-----MAA=-----END X509 CRL-----',
])('what is no revocation list is refused: %s', (pem) =>
  expect(() => readRevocationList(pem)).toThrow(RangeError),
)
