import { describe, expect, test } from 'vitest'
import { shopRevision } from '../test-kit/front.ts'
import { openTally } from './tally.ts'
import { openThreadSamples } from './thread-samples.ts'

const revision = shopRevision('http://127.0.0.1:1')
const [api] = revision.apis
const valuesIn = (samples: readonly { series: string; value: number }[], part: string): unknown =>
  samples.filter(({ series }) => series.includes(part)).map(({ value }) => value)

describe('a tally', () => {
  test('counts calls by API version, outcome and class of status, and refusals by code', () => {
    const tally = openTally()
    tally.count(revision, api, { outcome: 'allowed', status: 200, millis: 3, upstream: { micros: 2_000 } })
    tally.count(revision, api, { outcome: 'allowed', status: 204, millis: 30, upstream: { micros: 20_000 } })
    tally.count(revision, api, { outcome: 'refused', status: 401, code: 'jwt.expired', millis: 1 })
    tally.count(undefined, undefined, {
      outcome: 'refused',
      status: 400,
      code: 'gateway.malformed-request',
      millis: 0,
    })
    const samples = tally.samples()
    const of = (outcome: string, status: string): string =>
      `portcullis_calls_total{organization="hmart",environment="production",api="shop",version="v1",outcome="${outcome}",status="${status}"}`
    expect(valuesIn(samples, of('allowed', '2xx'))).toEqual([2])
    expect(valuesIn(samples, of('refused', '4xx'))).toEqual([1])
    expect(valuesIn(samples, 'environment="none",api="none",version="none",outcome="refused"')).toEqual([1])
    expect(valuesIn(samples, 'portcullis_refusals_total{code="jwt.expired"}')).toEqual([1])
    expect(valuesIn(samples, 'call_duration_seconds_sum{organization="hmart"')).toEqual([0.034])
    expect(
      valuesIn(
        samples,
        'upstream_duration_seconds_bucket{organization="hmart",environment="production",api="shop",version="v1",le="0.0025"}',
      ),
    ).toEqual([1])
  })

  test('goes on counting when another revision comes', () => {
    const tally = openTally()
    for (const number of [1, 2]) {
      const each = shopRevision('http://127.0.0.1:1', { number })
      tally.count(each, each.apis[0], { outcome: 'allowed', status: 200, millis: 1 })
    }
    expect(valuesIn(tally.samples(), 'portcullis_calls_total{')).toEqual([2])
  })

  test('has bounded labels, however many APIs and codes there are', () => {
    const tally = openTally()
    for (let i = 0; i < 3_000; i++) {
      const each = shopRevision('http://127.0.0.1:1', {}, { api: `api${i}` })
      tally.count(each, each.apis[0], { outcome: 'refused', status: 403, code: `code.${i}`, millis: 1 })
    }
    const samples = tally.samples()
    expect(samples.filter(({ family }) => family === 'portcullis_calls')).toHaveLength(2_001)
    expect(valuesIn(samples, 'api="other"')).toContain(1_000)
    expect(valuesIn(samples, 'code="other"')).toEqual([2_500])
  })
})

describe('what threads counted', () => {
  test('is added up, and stays counted when a thread ends and another begins from zero', () => {
    const samples = openThreadSamples()
    const of = (value: number) => [
      { family: 'portcullis_refusals', series: 'portcullis_refusals_total', value },
      { family: 'portcullis_connections', series: 'portcullis_connections', value },
    ]
    samples.told(1, of(10))
    samples.told(2, of(5))
    expect(samples.all().map(({ value }) => value)).toEqual([15, 15])
    samples.ended(1)
    expect(samples.all().map(({ value }) => value)).toEqual([15, 5])
    samples.told(1, of(2))
    samples.ended(1)
    expect(samples.all().map(({ value }) => value)).toEqual([17, 5])
  })
})
