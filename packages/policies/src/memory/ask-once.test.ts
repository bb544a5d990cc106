import { describe, expect, it } from 'vitest'
import { askingOnce } from './ask-once.ts'

describe('askingOnce', () => {
  it('asks once for all who ask at a time, and not again while the answer counts', async () => {
    const ask = askingOnce<number>(10)
    let asked = 0
    const learn = async () => ({ value: ++asked, keepMillis: 100 })
    expect(await Promise.all([ask('a', 0, learn), ask('a', 0, learn), ask('b', 0, learn)])).toEqual([1, 1, 2])
    expect(ask('a', 99, learn)).toBe(1)
    expect(await ask('a', 100, learn)).toBe(3)
  })

  it('keeps nothing that counts no time, and nothing of a failure', async () => {
    const ask = askingOnce<number>(10)
    let asked = 0
    const fail = async (): Promise<never> => {
      asked++
      throw new Error('away')
    }
    await expect(ask('a', 0, fail)).rejects.toThrow('away')
    await expect(ask('a', 0, fail)).rejects.toThrow('away')
    for (const _ of [1, 2]) await ask('a', 0, async () => ({ value: ++asked, keepMillis: 0 }))
    expect(asked).toBe(4)
  })
})
