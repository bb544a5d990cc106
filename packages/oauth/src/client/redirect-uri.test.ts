import { describe, expect, it } from 'vitest'
import { dangerOfRedirectUri } from './redirect-uri.ts'

describe('redirect URI', () => {
  it.each([
    'https://shop.example/callback',
    'http://127.0.0.1:4711/callback',
    'http://[::1]/callback',
    'http://localhost:3000/cb?x=1',
    'com.example.shop:/callback',
  ])('may be %s', (uri) => expect(dangerOfRedirectUri(uri)).toBeUndefined())

  it.each([
    'http://shop.example/callback',
    'http://127.0.0.1.evil.example/callback',
    'https://shop.example/callback#fragment',
    'https://user:pass@shop.example/',
    'javascript:alert(1)',
    'data:text/html,x',
    'shop:/callback',
    '/callback',
    '',
  ])('is never %s', (uri) => expect(dangerOfRedirectUri(uri)).toMatch(/\.$/))
})
