import { describe, expect, test } from 'vitest'
import { readRequest } from './fixture/read-message.ts'
import { type Expected, SMUGGLED } from './request/request-case.ts'
import { requestCases } from './request/request-cases.ts'

/** What the parsers alone make of some bytes, in the words of the table. */
function outcomeOf(bytes: string): Expected {
  const read = readRequest([Buffer.from(bytes, 'latin1')])
  if (read.outcome === 'incomplete') return { outcome: 'unfinished' }
  if (read.outcome === 'refused') return { outcome: 'refused', status: read.status }
  return { outcome: 'one', method: read.head.method, target: read.head.target, body: read.body }
}

describe.each(requestCases)('%s', (_, cases) => {
  test.each(cases)('$title', ({ bytes, expected }) => {
    expect(outcomeOf(bytes)).toEqual(expected)
  })

  test('read all the same when another request follows', () => {
    const accepted = cases.filter(({ expected }) => expected.outcome === 'one')
    for (const { bytes, expected } of accepted) expect(outcomeOf(bytes + SMUGGLED)).toEqual(expected)
  })
})

test('the table is as large as promised', () => {
  const cases = requestCases.flatMap(([, each]) => each)
  expect(cases.length).toBeGreaterThan(150)
  expect(new Set(cases.map(({ bytes }) => bytes)).size).toBe(cases.length)
})
