import { describe, expect, test } from 'vitest'
import { hashed, nameAt } from './name-table.ts'

function nameIn(text: string, start: number, end: number): string {
  const bytes = Buffer.from(text, 'latin1')
  let hash = 0
  for (let i = start; i < end; i++) hash = hashed(hash, bytes[i] as number)
  return nameAt(bytes, text, start, end, hash)
}

describe('the table of names', () => {
  test('gives the spelling that stands there, and no other that looks like it', () => {
    expect(nameIn('X-Trace: 1', 0, 7)).toBe('X-Trace')
    expect(nameIn('x-trace: 1', 0, 7)).toBe('x-trace')
    expect(nameIn('  X-Trace-Id: 1', 2, 12)).toBe('X-Trace-Id')
  })

  test('tells names apart that have one hash', () => {
    // 31 * 65 + 97 is 31 * 66 + 66.
    expect([nameIn('Aa', 0, 2), nameIn('BB', 0, 2), nameIn('Aa', 0, 2)]).toEqual(['Aa', 'BB', 'Aa'])
  })

  test('stays right when more names come than it keeps, and with long ones', () => {
    for (let i = 0; i < 3_000; i++)
      expect(nameIn(`made-up-${i}:`, 0, `made-up-${i}`.length)).toBe(`made-up-${i}`)
    const long = 'n'.repeat(5_000)
    expect(nameIn(long, 0, long.length)).toBe(long)
  })
})
