import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FUZZ_TIMEOUT_MILLIS, fuzz, Tally } from './fixture/fuzz.ts'
import { inPieces, response } from './fixture/generate-message.ts'
import { isMisread, type Judged, judgeResponse } from './fixture/llhttp.ts'
import { lengthOfResponse, type ReadResponse, readResponse } from './fixture/read-response.ts'
import { responseCases } from './response/response-cases.ts'

const inputs = fc.tuple(inPieces(response), fc.constantFrom('GET', 'GET', 'HEAD'), fc.boolean())

/** What the client leaves in a head: all but what belongs to the connection (RFC 9110 §7.6.1). */
function withoutConnection(fields: readonly string[]): string[] {
  const ofConnection = new Set(
    'connection keep-alive proxy-connection proxy-authenticate proxy-authorization te transfer-encoding upgrade expect http2-settings'.split(
      ' ',
    ),
  )
  fields.forEach((name, i) => {
    if (i % 2 === 1 || !/^connection$/i.test(name)) return
    for (const word of (fields[i + 1] as string).split(',')) {
      const named = word.replace(/^[ \t]+|[ \t]+$/g, '').toLowerCase()
      if (named !== 'content-length') ofConnection.add(named)
    }
  })
  return fields.filter((_, i) => !ofConnection.has((fields[i - (i % 2)] as string).toLowerCase()))
}

/** llhttp reads one response at a time: the final one is behind those that the client took for interim ones. */
function judgeFinal(pieces: readonly Buffer[], interim: number, method: string, ends: boolean) {
  let rest: readonly Buffer[] = pieces
  let start = 0
  for (let i = 0; ; i++) {
    const judgement = judgeResponse(rest, method, ends)
    if (judgement.outcome !== 'message') return judgement
    if (i === interim) return { ...judgement, length: start + judgement.length }
    expect(judgement.status).toBeLessThan(200)
    expect(judgement.body).toBe('')
    start += judgement.length
    rest = [Buffer.concat(rest).subarray(judgement.length)]
  }
}

/** Compares the two readers; answers what came out, for counting. */
function compare(pieces: readonly Buffer[], method: string, ends: boolean): string {
  const ours = readResponse(pieces, method, ends)
  const theirs = judgeFinal(pieces, ours.interim.length, method, ends)
  if (!ours.isWhole || ours.head === undefined) {
    const reason = ours.failure?.malformed ?? ours.failure?.reason ?? 'incomplete'
    return theirs.outcome === 'message' ? `only llhttp accepts: ${reason}` : `neither accepts: ${reason}`
  }
  if (theirs.outcome !== 'message') expect.fail(`llhttp does not accept: ${JSON.stringify({ theirs, ours })}`)
  return agree(ours, theirs)
}

function agree({ head, body }: ReadResponse, theirs: Judged): string {
  const mine = { status: head?.status, fields: head?.fields, body }
  expect(mine).toEqual({ status: theirs.status, fields: withoutConnection(theirs.fields), body: theirs.body })
  if (head?.keepAlive && !isMisread(theirs.fields)) expect(theirs.keepAlive).toBe(true)
  return head?.keepAlive === theirs.keepAlive
    ? 'both accept'
    : 'both accept, only one would keep the connection'
}

test(
  'reads as llhttp does, or refuses, whatever responses are generated and however they are cut',
  () => {
    const tally = new Tally()
    fuzz(inputs, ([pieces, method, ends]) => tally.add(compare(pieces, method, ends)), 8_000)
    tally.report('responses')
    expect(tally.get('both accept') / tally.total).toBeGreaterThan(0.2)
  },
  FUZZ_TIMEOUT_MILLIS,
)

test('reads as llhttp does, or refuses, each response of the table', () => {
  for (const [, cases] of responseCases) {
    for (const { bytes, method } of cases) compare([Buffer.from(bytes, 'latin1')], method, true)
  }
})

test(
  'finds the end of a response where llhttp finds it',
  () => {
    fuzz(
      inputs,
      ([pieces, method]) => {
        const bytes = Buffer.concat(pieces)
        const length = lengthOfResponse(bytes, method)
        const { interim } = readResponse([bytes], method, false)
        const judgement = judgeFinal([bytes], interim.length, method, false)
        if (length !== undefined) expect(judgement).toMatchObject({ outcome: 'message', length })
      },
      1_000,
    )
  },
  FUZZ_TIMEOUT_MILLIS,
)

test(
  'finds the same response however its bytes are cut',
  () => {
    fuzz(
      inputs,
      ([pieces, method, ends]) => {
        const { interim, head, isWhole, body } = readResponse(pieces, method, ends)
        const whole = readResponse([Buffer.concat(pieces)], method, ends)
        expect({ interim, isWhole }).toEqual({ interim: whole.interim, isWhole: whole.isWhole })
        if (isWhole) expect({ head, body }).toEqual({ head: whole.head, body: whole.body })
      },
      3_000,
    )
  },
  FUZZ_TIMEOUT_MILLIS,
)
