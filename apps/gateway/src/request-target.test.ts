import { describe, expect, test } from 'vitest'
import { hostName, readTarget } from './request-target.ts'

describe('the target of a request (RFC 9112 §3.2)', () => {
  test.each([
    ['/a?b', 'h:1', { host: 'h:1', target: '/a?b' }],
    ['http://real/a?b', 'h', { host: 'real', target: '/a?b' }],
    ['HTTPS://real:8443?b', 'h', { host: 'real:8443', target: '/?b' }],
    ['http://[::1]:80/', 'h', { host: '[::1]:80', target: '/' }],
    ['http://real/?u=/x', 'h', { host: 'real', target: '/?u=/x' }],
    ['http://real?u=/x', 'h', { host: 'real', target: '/?u=/x' }],
  ])('reads %s with Host %s', (target, host, read) => {
    expect(readTarget(target, host)).toEqual(read)
  })

  test.each([
    ['*', 'h'],
    ['h:443', 'h'],
    ['ftp://h/', 'h'],
    ['http:///a', 'h'],
    ['http://user@h/', 'h'],
    ['/a#b', 'h'],
    ['', 'h'],
    ['/a', ''],
    ['/a', 'h h'],
    ['/a', 'h/x'],
    ['/a', 'h:port'],
    ['/a', 'h,i'],
    ['/a', 'x'.repeat(301)],
  ])('refuses %s with Host %s', (target, host) => {
    expect(readTarget(target, host)).toBeUndefined()
  })

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
