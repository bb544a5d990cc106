import { describe, expect, it } from 'vitest'
import { divide, parseCores } from './core.ts'

describe('parseCores', () => {
  it.each([
    ['0', [0]],
    ['0-3\n', [0, 1, 2, 3]],
    ['0-1,4,6-7', [0, 1, 4, 6, 7]],
  ])('reads %j', (list, cores) => {
    expect(parseCores(list)).toEqual(cores)
  })
})

describe('divide', () => {
  it('gives the measured process a core that nobody else has', () => {
    expect(divide([2, 3, 5])).toEqual({ measured: '2', others: '3,5' })
  })

  it('binds nobody where there is one core', () => {
    expect(divide([0])).toBeUndefined()
    expect(divide([])).toBeUndefined()
  })
})
