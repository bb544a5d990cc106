import { describe, expect, test } from 'vitest'
import { readResponse } from './fixture/read-response.ts'
import { type Expected, SPLIT } from './response/response-case.ts'
import { responseCases } from './response/response-cases.ts'

/** What the client's reader makes of some bytes, in the words of the table. */
function outcomeOf(bytes: string, method: string, ends = true): Expected {
  const read = readResponse([Buffer.from(bytes, 'latin1')], method, ends)
  if (read.head !== undefined && read.isWhole) {
    return { outcome: 'one', status: read.head.status, body: read.body }
  }
  return { outcome: read.failure?.reason === 'closed-early' && read.head !== undefined ? 'cut' : 'refused' }
}

describe.each(responseCases)('%s', (_, cases) => {
  test.each(cases)('$title', ({ bytes, method, expected }) => {
    expect(outcomeOf(bytes, method)).toEqual(expected)
  })

  test('are read all the same when another response follows, which is an error of its own', () => {
    for (const { bytes, method, expected } of cases) {
      const read = readResponse([Buffer.from(bytes + SPLIT, 'latin1')], method, false)
      if (expected.outcome !== 'one' || read.head?.body.framing === 'close') continue
      expect({ status: read.head?.status, body: read.body }).toEqual({
        status: expected.status,
        body: expected.body,
      })
      expect(read.failure?.reason).toBe('malformed')
    }
  })
})

test('the table is as large as promised', () => {
  const cases = responseCases.flatMap(([, each]) => each)
  expect(cases.length).toBeGreaterThan(60)
  expect(new Set(cases.map(({ bytes, method }) => method + bytes)).size).toBe(cases.length)
})
