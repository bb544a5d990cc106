import { describe, expect, it } from 'vitest'
import { summarizeLayer } from './bench-layers.ts'

describe('summarizeLayer', () => {
  it('compares a layer with nginx round by round, so that a round on a busy machine counts like any other', () => {
    const rounds = [
      { cpuMicros: 20, xNginx: 2 },
      { cpuMicros: 90, xNginx: 3 },
      { cpuMicros: 24, xNginx: 2.4 },
    ]
    expect(summarizeLayer('engine', rounds)).toEqual({
      bench: 'layers',
      case: 'engine',
      cpuMicros: 24,
      xNginx: 2.4,
    })
  })

  it('tells no ratio where there is no nginx', () => {
    expect(summarizeLayer('engine', [{ cpuMicros: 20, xNginx: null }]).xNginx).toBeNull()
  })
})
