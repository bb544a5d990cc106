import { describe, expect, it } from 'vitest'
import { parseTemplate } from './template.ts'

function segmentsOf(path: string) {
  const parsed = parseTemplate(path)
  if ('reason' in parsed) throw new Error(parsed.reason)
  return parsed.template.segments.map(({ literals, variables }) => [literals, variables])
}

describe('parseTemplate', () => {
  it('takes a template apart into literals and variables', () => {
    expect(segmentsOf('/items/{id}')).toEqual([
      [['items'], []],
      [['', ''], ['id']],
    ])
    expect(segmentsOf('/')).toEqual([[[''], []]])
    expect(segmentsOf('/items/')).toEqual([
      [['items'], []],
      [[''], []],
    ])
  })

  it('lets a segment hold several variables and literals', () => {
    expect(segmentsOf('/reports/{id}.{format}')[1]).toEqual([
      ['', '.', ''],
      ['id', 'format'],
    ])
    expect(segmentsOf("/users('{id}')")).toEqual([[["users('", "')"], ['id']]])
  })

  it('reads literals as the requests that name them will be read', () => {
    expect(segmentsOf('/caf%C3%A9')).toEqual(segmentsOf('/café'))
    expect(segmentsOf('/%7Ealice')).toEqual(segmentsOf('/~alice'))
  })

  it.each([
    ['items', 'does not begin with a slash'],
    ['', 'does not begin with a slash'],
    ['/a//b', 'empty segment'],
    ['/a/{', 'not closed'],
    ['/a/{b/c', 'not closed'],
    ['/a/b}', 'never opened'],
    ['/a/{}', 'has no name'],
    ['/a/{b{c}', 'no name for a variable'],
    ['/a/{b/c}', 'no name for a variable'],
    ['/{a}{b}', 'nothing between'],
    ['/{a}/{a}', 'twice'],
    ['/a?b={b}', 'query'],
    ['/a#b', 'fragment'],
    ['/a b', 'character'],
    ['/a/../b', 'dot segment'],
    ['/a/%2e', 'dot segment'],
    ['/a%2Fb', 'encoded slash'],
    ['/a%5cb', 'encoded slash'],
    ['/a\\b', 'character'],
    ['/a%00', 'control'],
    ['/a%zz', 'percent-encoding'],
    ['/a%ff', 'percent-encoding'],
    ['/a\ud800', 'well-formed'],
    [`/${'a'.repeat(3000)}`, 'characters'],
    ['/a'.repeat(200), 'segments'],
  ])('refuses %j because %s', (path, reason) => {
    expect(parseTemplate(path)).toEqual({ reason: expect.stringContaining(reason) })
  })
})
