import { describe, expect, it } from 'vitest'
import { type CpuProfile, summarizeByOwner, summarizeProfile } from './summarize-profile.ts'

function node(id: number, functionName: string, url = '', lineNumber = 0) {
  return { id, callFrame: { functionName, scriptId: '1', url, lineNumber, columnNumber: 0 } }
}

const profile: CpuProfile = {
  nodes: [
    node(1, '(idle)'),
    node(2, 'handle', 'file:///somewhere/apps/gateway/src/pipeline.ts', 52),
    node(3, '(garbage collector)'),
    node(4, 'handle', 'file:///somewhere/apps/gateway/src/pipeline.ts', 52),
    node(5, 'writev', 'node:internal/net', 9),
  ],
  startTime: 1_000,
  // Warm-up until 1100; the rest is measured, but for the last.
  samples: [2, 2, 4, 1, 3, 5, 2],
  timeDeltas: [100, 10, 20, 30, 5, 7, 1_000],
}

describe('summarizeProfile', () => {
  const functions = summarizeProfile(profile, 1_101, 1_900)

  it('adds up the time of a function wherever it was called from, within the measured time alone', () => {
    expect(functions[0]).toEqual({ name: 'handle', place: 'apps/gateway/src/pipeline.ts:53', micros: 30 })
  })

  it('leaves out the time in which nothing ran', () => {
    expect(functions.map((each) => each.name)).toEqual(['handle', 'writev', '(garbage collector)'])
  })

  it('tells whose code it was', () => {
    expect(summarizeByOwner(functions).map(({ name, micros }) => [name, micros])).toEqual([
      ['apps/gateway', 30],
      ['Node', 7],
      ['(garbage collector)', 5],
    ])
  })
})
