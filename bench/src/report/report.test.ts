import { describe, expect, it } from 'vitest'
import { chooseCases } from '../case.ts'
import type { RunResult } from '../load/run.ts'
import { summarize } from './summary.ts'
import { formatTable } from './table.ts'

function run(cpuMicros: number, requests = 10): RunResult {
  return {
    ...{ requests, cpuMicros, seconds: 2, p50Ms: 1.234, maxMs: 9, p99Ms: 5, residentBytes: 3 * 1_048_576 },
    ...{ failures: 0, failure: undefined, fromMicros: 0, toMicros: 2e6 },
  }
}

const rounds = new Map([
  ['nginx', [run(200), run(210), run(900)]],
  ['plain', [run(273), run(252), run(273)]],
])

describe('summarize', () => {
  it('takes the middle round, so that one disturbed by others does not count', () => {
    expect(summarize(chooseCases(['plain']), rounds)).toEqual([
      expect.objectContaining({ case: 'nginx', cpuMicros: 21, rps: 5, xNginx: 1 }),
      expect.objectContaining({ case: 'plain', cpuMicros: 27.3, xNginx: 1.3, p50Ms: 1.23, rssMb: 3 }),
    ])
  })

  it('gives no ratio to what was not measured', () => {
    const [, plain] = summarize(chooseCases(['plain']), rounds)
    expect(plain).toMatchObject({ xHaproxy: null, xHaproxyJwt: null })
  })
})

describe('formatTable', () => {
  it('is a Markdown table with its columns in line', () => {
    const lines = formatTable(summarize(chooseCases(['plain']), rounds)).split('\n')
    expect(new Set(lines.map((line) => line.length)).size).toBe(1)
    expect(lines[0]).toMatch(/^\| case +\| CPU µs \| × nginx \|/)
    expect(lines[3]).toMatch(/^\| plain +\| +27\.3 \| +1\.30 \|/)
  })
})

describe('chooseCases', () => {
  it('adds those to which a case is compared', () => {
    expect(chooseCases(['full-cached-rs256']).map((each) => each.name)).toEqual([
      ...['nginx', 'haproxy', 'haproxy-rs256'],
      'full-cached-rs256',
    ])
  })

  it('refuses a case that there is not, and names those that there are', () => {
    expect(() => chooseCases(['plane'])).toThrow(/plane; there are nginx, haproxy/)
  })

  it('compares every case with one that there is', () => {
    const names = chooseCases([]).map((each) => each.name)
    for (const { nginx, haproxy, haproxyJwt = haproxy } of chooseCases([])) {
      expect(names).toEqual(expect.arrayContaining([nginx, haproxy, haproxyJwt]))
    }
  })
})
