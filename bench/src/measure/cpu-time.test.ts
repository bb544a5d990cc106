import { describe, expect, it } from 'vitest'
import { familyOf, parseStat, usageOf } from './cpu-time.ts'

const LINE =
  '4711 (nginx: worker) S 4700 4711 4711 0 -1 4194624 1520 0 3 0 120 80 0 0 20 0 1 0 88 13719552 1475 18446744073709551615'

describe('parseStat', () => {
  it('adds the time in the kernel to that outside', () => {
    expect(parseStat(LINE)).toEqual({ pid: 4711, parent: 4700, ticks: 200, residentPages: 1475 })
  })

  it('is not led astray by a name with parentheses and spaces', () => {
    expect(parseStat(LINE.replace('nginx: worker', 'a) S 1 (b'))).toEqual(parseStat(LINE))
  })

  it.each(['', '4711', '4711 (x) S', LINE.replace('(nginx: worker)', '')])(
    'refuses what is no such line: %j',
    (text) => {
      expect(() => parseStat(text)).toThrow(RangeError)
    },
  )
})

describe('familyOf', () => {
  const process = (pid: number, parent: number) => ({ pid, parent, ticks: 1, residentPages: 1 })

  it('counts children and their children, and nobody else', () => {
    const all = [process(1, 0), process(2, 1), process(3, 2), process(4, 3), process(5, 1)]
    expect(familyOf(2, all).map((each) => each.pid)).toEqual([2, 3, 4])
  })
})

describe('usageOf', () => {
  it('sees the time that this process spends', () => {
    const before = usageOf(process.pid).cpuMicros
    const began = process.cpuUsage()
    while (spent(began) < 100_000) Math.sqrt(performance.now())
    expect(usageOf(process.pid).cpuMicros - before).toBeGreaterThanOrEqual(80_000)
  })

  it('refuses a process that is gone', () => {
    expect(() => usageOf(2 ** 30)).toThrow('gone')
  })
})

function spent(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since)
  return user + system
}
