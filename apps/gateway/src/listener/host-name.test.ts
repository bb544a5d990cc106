import { describe, expect, test } from 'vitest'
import { hostName } from './host-name.ts'

describe('the authority of a request', () => {
  test.each([
    ['Api.Example', 'api.example'],
    ['api.example:8080', 'api.example'],
    ['[::1]:8080', '[::1]'],
    ['[::1]', '[::1]'],
    ['', ''],
  ])('knows the host name of %s', (authority, name) => {
    expect(hostName(authority)).toBe(name)
  })
})
