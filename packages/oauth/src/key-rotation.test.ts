import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type KeyRecord, type RotationTimes, rotate } from './key-rotation.ts'

const times: RotationTimes = { signsMillis: 100, announcedMillis: 10, lingersMillis: 30 }

/** Keys of an organization over time: made when they are wanted, as the server does it. */
function openKeys() {
  let keys: readonly KeyRecord[] = []
  let count = 0
  return {
    at(now: number, demandedAt?: number) {
      let rotation = rotate(keys, times, now, demandedAt)
      keys = rotation.keys
      for (const stage of rotation.wanted) {
        keys = [...keys, { kid: `k${++count}`, algorithm: 'ES256', stage, publishedAt: now, since: now }]
      }
      rotation = rotate(keys, times, now, demandedAt)
      expect(rotation.wanted).toEqual([])
      return {
        text: keys
          .map(({ kid, stage }) => `${kid} ${stage}`)
          .toSorted()
          .join(', '),
        dueAt: rotation.dueAt,
        keys,
      }
    },
    takeOut(kid: string) {
      keys = keys.filter((key) => key.kid !== kid)
    },
  }
}

describe('signing keys', () => {
  it('begin with one that signs and one that is announced', () => {
    expect(openKeys().at(0)).toMatchObject({ text: 'k1 current, k2 next', dueAt: 100 })
  })

  it('change places when their time is over, and the old one is published until its last token has ended', () => {
    const keys = openKeys()
    keys.at(0)
    expect(keys.at(99).text).toBe('k1 current, k2 next')
    expect(keys.at(100)).toMatchObject({ text: 'k1 previous, k2 current, k3 next', dueAt: 130 })
    expect(keys.at(129).text).toBe('k1 previous, k2 current, k3 next')
    expect(keys.at(130)).toMatchObject({ text: 'k2 current, k3 next', dueAt: 200 })
  })

  it('change early when that is demanded, but not before the new one was announced for its time', () => {
    const keys = openKeys()
    keys.at(0)
    expect(keys.at(5, 5)).toMatchObject({ text: 'k1 current, k2 next', dueAt: 10 })
    expect(keys.at(10, 5).text).toBe('k1 previous, k2 current, k3 next')
    expect(keys.at(11, 5).text).toBe('k1 previous, k2 current, k3 next')
  })

  it('go on at once with the announced one when the one that signs was taken out', () => {
    const keys = openKeys()
    keys.at(0)
    keys.takeOut('k1')
    expect(keys.at(5).text).toBe('k2 current, k3 next')
  })

  it('sign only after they were announced and are published as long as their tokens live, whenever one looks', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ step: fc.nat(40), demand: fc.boolean() }), { maxLength: 60 }),
        (looks) => {
          const keys = openKeys()
          let now = 0
          let demandedAt: number | undefined
          let lastSigner: { kid: string; at: number } | undefined
          keys.at(0)
          const published = new Map<string, number>()
          for (const { step, demand } of looks) {
            now += step
            if (demand) demandedAt = now
            const { keys: present, dueAt } = keys.at(now, demandedAt)
            expect(dueAt).toBeGreaterThan(now)
            const signer = present.find(({ stage }) => stage === 'current') as KeyRecord
            for (const { kid, publishedAt } of present) published.set(kid, publishedAt)
            if (signer.kid !== 'k1')
              expect(now).toBeGreaterThanOrEqual(signer.publishedAt + times.announcedMillis)
            if (
              lastSigner !== undefined &&
              lastSigner.kid !== signer.kid &&
              now - lastSigner.at < times.lingersMillis
            ) {
              expect(present.map(({ kid }) => kid)).toContain(lastSigner.kid)
            }
            lastSigner = { kid: signer.kid, at: now }
          }
        },
      ),
    )
  })
})
