import { describe, expect, it } from 'vitest'
import { parametersNamed, withoutParameters } from './query.ts'

describe('parameters of a query', () => {
  it.each([
    ['/a', []],
    ['/a?', []],
    ['/a?key=1', ['1']],
    ['/a?b=2&key=1&key=2', ['1', '2']],
    ['/a?k%65y=%31', ['1']],
    ['/a?key', ['']],
    ['/a?Key=1&xkey=2&b=key', []],
  ])('in %s are %j', (target, expected) => {
    expect(parametersNamed(target, 'key')).toEqual(expected)
  })

  it.each([
    ['/a', '/a'],
    ['/a?', '/a?'],
    ['/a?key=1', '/a'],
    ['/a?b=%7e2&key=1&c&key=2', '/a?b=%7e2&c'],
    ['/a?k%65y=%31&x=+', '/a?x=+'],
    ['/a?key&x', '/a?x'],
    ['/a?%zz=1&ke%79=1', '/a?%zz=1'],
    ['/a?xkey=1&x=key', '/a?xkey=1&x=key'],
    ['/a?x=1&&', '/a?x=1&&'],
  ])('%s without one is %s', (target, expected) => {
    expect(withoutParameters(target, ['key'])).toBe(expected)
  })
})
