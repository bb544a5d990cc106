import { describe, expect, it } from 'vitest'
import { Note } from './note.ts'
import { testExchange } from './test-kit.ts'

describe('Note', () => {
  it('tells what was written for this exchange last', () => {
    const note = new Note<number>()
    const x = testExchange()
    note.write(x, 1)
    note.write(x, 2)
    expect(note.of(x)).toBe(2)
  })

  it('tells nothing of other exchanges and nothing of other notes', () => {
    const note = new Note<string>()
    const x = testExchange()
    note.write(x, 'mine')
    expect(note.of(testExchange())).toBeUndefined()
    expect(new Note<string>().of(x)).toBeUndefined()
  })

  it('is not led astray by a value that is itself a note', () => {
    const inner = new Note<string>()
    const outer = new Note<unknown>()
    const x = testExchange()
    outer.write(x, 'before')
    inner.write(x, 'inside')
    outer.write(x, inner)
    expect(outer.of(x)).toBe(inner)
    expect(inner.of(x)).toBe('inside')
  })
})
