import { describe, expect, it } from 'vitest'
import { isSafeRedirectUri } from './redirect-uri.ts'

describe('redirect URI', () => {
  it.each([
    'https://shop.example/callback',
    'http://127.0.0.1:4711/callback',
    'http://[::1]/callback',
    'http://localhost:3000/cb?x=1',
    'com.example.shop:/callback',
  ])('may be %s', (uri) => expect(isSafeRedirectUri(uri)).toBe(true))

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
  ])('is never %s', (uri) => expect(isSafeRedirectUri(uri)).toBe(false))
})
