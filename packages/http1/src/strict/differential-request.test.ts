import { expect, test } from 'vitest'
import { FUZZ_TIMEOUT_MILLIS, fuzz, Tally } from './fixture/fuzz.ts'
import { inPieces, request } from './fixture/generate-message.ts'
import { isMisread, type Judged, judgeRequest } from './fixture/llhttp.ts'
import { readRequest } from './fixture/read-message.ts'
import { requestCases } from './request/request-cases.ts'

/** The parts of a request that two readers must agree on. */
const agreed = ({ method, url, minorVersion, fields, body, length }: Judged) => {
  const absolute = /^https?:\/\/([^/?]*)\/?(.*)$/is.exec(url)
  return {
    method,
    target: absolute === null ? url : `/${absolute[2]}`,
    host: absolute?.[1] ?? fields[fields.findIndex((each, i) => i % 2 === 0 && /^host$/i.test(each)) + 1],
    minorVersion,
    fields,
    body,
    length,
  }
}

/** Compares the two readers; answers what came out, for counting. */
function compare(pieces: readonly Buffer[]): string {
  const ours = readRequest(pieces)
  const theirs = judgeRequest(pieces)
  if (ours.outcome !== 'message') {
    const reason = ours.outcome === 'refused' ? ours.reason : 'incomplete'
    return theirs.outcome === 'message' ? `only llhttp accepts: ${reason}` : `neither accepts: ${reason}`
  }
  const { head, body, length } = ours
  const { method, target, host, minorVersion, fields } = head
  const mine = { method, target, host, minorVersion, fields, body, length }
  if (theirs.outcome !== 'message') expect.fail(`llhttp does not accept: ${JSON.stringify({ theirs, mine })}`)
  expect(mine).toEqual(agreed(theirs))
  if (head.keepAlive && !isMisread(fields)) expect(theirs.keepAlive).toBe(true)
  return head.keepAlive === theirs.keepAlive
    ? 'both accept'
    : 'both accept, only one would keep the connection'
}

test(
  'reads as llhttp does, or refuses, whatever requests are generated and however they are cut',
  () => {
    const tally = new Tally()
    fuzz(inPieces(request), (pieces) => tally.add(compare(pieces)), 8_000)
    tally.report('requests')
    expect(tally.get('both accept') / tally.total).toBeGreaterThan(0.2)
  },
  FUZZ_TIMEOUT_MILLIS,
)

test('reads as llhttp does, or refuses, each request of the table', () => {
  for (const [, cases] of requestCases) {
    for (const { bytes } of cases) compare([Buffer.from(bytes, 'latin1')])
  }
})

test(
  'finds the same request however its bytes are cut',
  () => {
    fuzz(
      inPieces(request),
      (pieces) => {
        const cut = readRequest(pieces)
        const atOnce = readRequest([Buffer.concat(pieces)])
        if (cut.outcome === 'message') expect(cut).toEqual(atOnce)
        // What is wrong in more than one way may be refused for the one that comes first.
        else expect(atOnce.outcome).toBe(cut.outcome)
      },
      2_000,
    )
  },
  FUZZ_TIMEOUT_MILLIS,
)
