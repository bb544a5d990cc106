import { describe, expect, it } from 'vitest'
import { changed, isComing, Later, whenThere } from './later.ts'

/** Writes down what it is told. */
function listen() {
  const told: string[] = []
  const taker = {
    take: (value: unknown) => void told.push(`took ${value}`),
    fail: (thrown: unknown) => void told.push(`failed ${(thrown as Error).message}`),
  }
  return { told, taker }
}

describe('something that is to come later', () => {
  it('is told within the call that brings it', () => {
    const later = new Later<number>()
    const { told, taker } = listen()
    later.tell(taker)
    expect(told).toEqual([])
    later.bring(7)
    expect(told).toEqual(['took 7'])
  })

  it('is told at once to who asks after it has come', () => {
    const later = new Later<number>()
    later.bring(7)
    const { told, taker } = listen()
    later.tell(taker)
    expect(told).toEqual(['took 7'])
  })

  it('comes or breaks once, whatever is said afterwards', () => {
    const later = new Later<number>()
    const { told, taker } = listen()
    later.tell(taker)
    later.break(new Error('gone'))
    later.bring(7)
    later.break(new Error('again'))
    expect(told).toEqual(['failed gone'])
  })

  it('can be awaited, and rejects where it breaks', async () => {
    const later = new Later<number>()
    const broken = new Later<number>()
    queueMicrotask(() => later.bring(7))
    queueMicrotask(() => broken.break(new Error('gone')))
    expect(await later).toBe(7)
    await expect(Promise.resolve(broken)).rejects.toThrow('gone')
  })
})

describe('whenThere', () => {
  it('takes what is there, what a promise brings and what comes later', async () => {
    const { told, taker } = listen()
    const later = new Later<number>()
    whenThere(1, taker)
    whenThere(Promise.resolve(3), taker)
    whenThere(Promise.reject(new Error('lost')), taker)
    whenThere(later, taker)
    later.bring(2)
    await expect.poll(() => told).toEqual(['took 1', 'took 2', 'took 3', 'failed lost'])
  })
})

describe('changed', () => {
  it('changes what is there, what a promise brings and what comes later', async () => {
    const later = new Later<number>()
    const double = (value: number): number => value * 2
    const doubled = changed(later, double)
    later.bring(3)
    expect(changed(1, double)).toBe(2)
    expect(isComing(doubled)).toBe(true)
    expect([await changed(Promise.resolve(2), double), await doubled]).toEqual([4, 6])
  })

  it('breaks with what the change throws, and with what the source breaks with', () => {
    const refuse = (): number => {
      throw new Error('refused')
    }
    const sources = [new Later<number>(), new Later<number>()] as const
    const { told, taker } = listen()
    for (const each of sources) whenThere(changed(each, refuse), taker)
    sources[0].bring(1)
    sources[1].break(new Error('gone'))
    expect(told).toEqual(['failed refused', 'failed gone'])
  })
})
