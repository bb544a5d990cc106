import { describe, expect, it } from 'vitest'
import { rememberWith } from './remember-with.ts'

describe('what is remembered with an object', () => {
  it('is what was kept last, in a memory of its own', () => {
    const [mine, yours] = [rememberWith<number>(), rememberWith<number>()]
    const holder = {}
    expect(mine.of(holder)).toBeUndefined()
    mine.keep(holder, 1)
    yours.keep(holder, 7)
    mine.keep(holder, 2)
    expect([mine.of(holder), yours.of(holder), mine.of({})]).toEqual([2, 7, undefined])
  })

  it('does not pass to an object that was made of it', () => {
    const memory = rememberWith<string>()
    const holder = { scopes: 'all' }
    memory.keep(holder, 'may do all')
    expect(memory.of({ ...holder, scopes: 'none' })).toBeUndefined()
    expect(memory.of(Object.assign({}, holder))).toBeUndefined()
    expect(memory.of(structuredClone(holder))).toBeUndefined()
    expect(Reflect.ownKeys({ ...holder })).toEqual(['scopes'])
  })

  it('is bounded', () => {
    const holder = {}
    const first = rememberWith<number>()
    first.keep(holder, 0)
    for (let i = 1; i < 64; i++) rememberWith<number>().keep(holder, i)
    expect(first.of(holder)).toBe(0)
    const last = rememberWith<number>()
    last.keep(holder, 64)
    expect([first.of(holder), last.of(holder)]).toEqual([undefined, 64])
  })

  it('is nothing where the object takes nothing up', () => {
    const memory = rememberWith<number>()
    const holder = Object.freeze({})
    memory.keep(holder, 1)
    expect(memory.of(holder)).toBeUndefined()
  })
})
