import { describe, expect, it } from 'vitest'
import { canonicalRequest, type SignedRequest, sign, signingKeyFor, stringToSign } from './rules.ts'

/** The published test suite of Signature Version 4: requests and the signatures that AWS states for them. */
const scope = { region: 'us-east-1', service: 'service', date: '20150830T123600Z' }
const key = signingKeyFor('wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY', scope)
const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

function signatureOf(
  method: string,
  target: string,
  more: SignedRequest['fields'] = {},
  payloadHash = EMPTY,
): string {
  const fields = { host: ['example.amazonaws.com'], 'x-amz-date': [scope.date], ...more }
  const canonical = canonicalRequest({ method, target, fields, payloadHash }, scope.service)
  return sign(key, stringToSign(canonical, scope))
}

describe('Signature Version 4, as AWS states it', () => {
  const unreserved = '/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
  it.each<[string, string, string]>([
    ['get-vanilla', '/', '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
    [
      'get-vanilla-query-order-key-case',
      '/?Param2=value2&Param1=value1',
      'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
    ],
    ['get-unreserved', unreserved, '07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f'],
    ['get-relative', '/example/..', '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
    ['get-slash', '//', '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
    ['get-slash-dot-slash', '/./', '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
  ])('%s', (_, target, signature) => {
    expect(signatureOf('GET', target)).toBe(signature)
  })

  it('post-vanilla', () => {
    expect(signatureOf('POST', '/')).toBe('5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b')
  })

  it('post-x-www-form-urlencoded', () => {
    const type = { 'content-type': ['application/x-www-form-urlencoded'] }
    const body = '9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e'
    expect(signatureOf('POST', '/', type, body)).toBe(
      'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
    )
  })

  it('get-header-value-trim and get-header-key-duplicate: spaces are one, equal names one line', () => {
    const fields = { 'my-header1': [' value1'], 'my-header2': [' "a   b   c"'] }
    expect(signatureOf('GET', '/', fields)).toBe(
      'acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736',
    )
    const twice = { 'my-header1': ['value2', 'value2', 'value1'] }
    expect(signatureOf('GET', '/', twice)).toBe(
      'c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea',
    )
  })
})

describe('Signature Version 4 of S3, as its guide states it', () => {
  const s3 = { region: 'us-east-1', service: 's3', date: '20130524T000000Z' }
  const s3Key = signingKeyFor('wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', s3)
  const fields = {
    host: ['examplebucket.s3.amazonaws.com'],
    'x-amz-content-sha256': [EMPTY],
    'x-amz-date': [s3.date],
  }
  const signed = (target: string, more = {}) => {
    const request = { method: 'GET', target, fields: { ...fields, ...more }, payloadHash: EMPTY }
    return sign(s3Key, stringToSign(canonicalRequest(request, 's3'), s3))
  }

  it('of an object', () => {
    expect(signed('/test.txt', { range: ['bytes=0-9'] })).toBe(
      'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
    )
  })

  it('of a parameter without value, and of a list', () => {
    expect(signed('/?lifecycle')).toBe('fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543')
    expect(signed('/?max-keys=2&prefix=J')).toBe(
      '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
    )
  })

  it('takes a path as it was written, and everybody else’s encoded once more', () => {
    const at = (service: string) =>
      canonicalRequest({ method: 'GET', target: '/a%20b/%C3%BC', fields: {}, payloadHash: '' }, service)
    expect(at('s3').split('\n')[1]).toBe('/a%20b/%C3%BC')
    expect(at('lambda').split('\n')[1]).toBe('/a%2520b/%25C3%25BC')
  })
})
