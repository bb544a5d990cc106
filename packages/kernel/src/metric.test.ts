import { describe, expect, it } from 'vitest'
import { histogramSamples, type MetricFamilies, mergeSamples, sample, writeMetrics } from './metric.ts'

const families: MetricFamilies = {
  calls: { kind: 'counter', help: 'Calls.' },
  fit: { kind: 'gauge', help: 'Fit.', merge: 'min' },
  age: { kind: 'gauge', help: 'Age.', merge: 'max' },
  took_seconds: { kind: 'histogram', help: 'Took.' },
  unused: { kind: 'gauge', help: 'Nothing.' },
}

describe('metrics', () => {
  it('of several threads become one, as their family says', () => {
    const of = (calls: number, fit: number, age: number) => [
      sample('calls', 'counter', ['api', 'a'], calls),
      sample('fit', 'gauge', [], fit),
      sample('age', 'gauge', [], age),
      ...histogramSamples('took_seconds', [], [1, 2], [1, 0, calls], 0.5),
    ]
    const other = [sample('calls', 'counter', ['api', 'b'], 7)]
    const merged = mergeSamples([of(1, 1, 5), of(2, 0, 3), other], families)
    expect(Object.fromEntries(merged.map(({ series, value }) => [series, value]))).toEqual({
      'calls_total{api="a"}': 3,
      'calls_total{api="b"}': 7,
      fit: 0,
      age: 5,
      'took_seconds_bucket{le="1"}': 2,
      'took_seconds_bucket{le="2"}': 2,
      'took_seconds_bucket{le="+Inf"}': 5,
      took_seconds_sum: 1,
      took_seconds_count: 5,
    })
  })

  it('are written in both formats that scrapers read', () => {
    const samples = [
      sample('fit', 'gauge', [], 1),
      sample('calls', 'counter', ['api', 'a"\\\n'], 3),
      sample('age', 'gauge', [], Number.POSITIVE_INFINITY),
    ]
    const body = ['calls_total{api="a\\"\\\\\\n"} 3', '# HELP fit Fit.', '# TYPE fit gauge', 'fit 1']
    const rest = ['# HELP age Age.', '# TYPE age gauge', 'age +Inf']
    expect(writeMetrics(samples, families, 'openmetrics')).toBe(
      ['# HELP calls Calls.', '# TYPE calls counter', ...body, ...rest, '# EOF', ''].join('\n'),
    )
    expect(writeMetrics(samples, families, 'prometheus')).toBe(
      ['# HELP calls_total Calls.', '# TYPE calls_total counter', ...body, ...rest, ''].join('\n'),
    )
  })
})
