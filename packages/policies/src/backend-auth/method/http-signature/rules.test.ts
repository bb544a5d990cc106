import { Secret } from '@portcullis/kernel/secret'
import { HeaderList } from '@portcullis/policy-kit/message/header-list'
import { describe, expect, it } from 'vitest'
import { type CoveredComponent, componentValue, signatureBase, signatureParams } from './rules.ts'
import { signerOf } from './signer.ts'

/** The request of RFC 9421 appendix B.2. */
const draft = {
  method: 'POST',
  origin: 'https://example.com',
  target: '/foo?param=Value&Pet=dog',
  headers: HeaderList.of({
    Date: 'Tue, 20 Apr 2021 02:07:55 GMT',
    'Content-Type': 'application/json',
    'Content-Digest':
      'sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:',
    'Content-Length': '18',
  }),
  body: Buffer.from('{"hello": "world"}'),
}

function baseOf(names: readonly string[], keyid: string, tag?: string): string {
  const parameters = { created: 1_618_884_473, keyid, ...(tag !== undefined && { tag }) }
  const components = names.map((name): CoveredComponent => [name, componentValue(name, draft) ?? ''])
  return signatureBase(components, signatureParams(names, parameters))
}

describe('the signatures of RFC 9421 appendix B.2', () => {
  it('B.2.5: hmac-sha256', () => {
    const key = 'uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ=='
    const base = baseOf(['date', '@authority', 'content-type'], 'test-shared-secret')
    expect(signerOf('hmac-sha256', new Secret(key))(base).toString('base64')).toBe(
      'pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=',
    )
  })

  it('B.2.6: ed25519', () => {
    const pem = [
      '-----BEGIN PRIVATE KEY-----',
      'MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF',
      '-----END PRIVATE KEY-----',
    ].join('\n')
    const names = ['date', '@method', '@path', '@authority', 'content-type', 'content-length']
    const base = baseOf(names, 'test-key-ed25519')
    expect(signerOf('ed25519', new Secret(pem))(base).toString('base64')).toBe(
      'wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==',
    )
  })

  it('B.2.3: the base of a signature over all components', () => {
    const names = [
      'date',
      '@method',
      '@path',
      '@query',
      '@authority',
      'content-type',
      'content-digest',
      'content-length',
    ]
    expect(baseOf(names, 'test-key-rsa-pss')).toBe(
      [
        '"date": Tue, 20 Apr 2021 02:07:55 GMT',
        '"@method": POST',
        '"@path": /foo',
        '"@query": ?param=Value&Pet=dog',
        '"@authority": example.com',
        '"content-type": application/json',
        '"content-digest": sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:',
        '"content-length": 18',
        '"@signature-params": ("date" "@method" "@path" "@query" "@authority" "content-type" "content-digest" "content-length");created=1618884473;keyid="test-key-rsa-pss"',
      ].join('\n'),
    )
  })
})

describe('components of a request', () => {
  it.each([
    ['@scheme', 'https'],
    ['@target-uri', 'https://example.com/foo?param=Value&Pet=dog'],
    ['@request-target', '/foo?param=Value&Pet=dog'],
  ])('%s', (name, value) => {
    expect(componentValue(name, draft)).toBe(value)
  })

  it('leave out the port that the scheme implies (§2.2.3), and are a question mark without a query (§2.2.7)', () => {
    const other = { ...draft, origin: 'https://Example.com:443', target: '/foo' }
    expect(componentValue('@authority', other)).toBe('example.com')
    expect(componentValue('@query', other)).toBe('?')
  })

  it('join fields of one name (§2.1), and are nothing where there is none', () => {
    const headers = new HeaderList(['X-A', ' one ', 'x-a', 'two'])
    expect(componentValue('x-a', { ...draft, headers })).toBe('one, two')
    expect(componentValue('x-b', { ...draft, headers })).toBeUndefined()
  })
})

it('a key that is not the algorithm’s, or too short, is refused', () => {
  expect(() => signerOf('hmac-sha256', new Secret('c2hvcnQ='))).toThrow(RangeError)
  expect(() => signerOf('ed25519', new Secret('no key'))).toThrow()
})
