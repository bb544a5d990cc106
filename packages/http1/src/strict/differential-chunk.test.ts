import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ChunkDecoder } from '../body/chunk-decoder.ts'
import { serverLimits } from '../server/server-limit.ts'
import { FUZZ_TIMEOUT_MILLIS, fuzz, Tally } from './fixture/fuzz.ts'
import { chunks, inPieces } from './fixture/generate-message.ts'
import { judgeRequest } from './fixture/llhttp.ts'
import { readChunks } from './fixture/read-message.ts'

const HEAD = Buffer.from('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n')

const bytes = fc.uint8Array({ maxLength: 300 }).map((each) => Buffer.from(each))

/** A chunked body of these pieces of content, as we ourselves would write it. */
const encode = (pieces: readonly Buffer[]): Buffer =>
  Buffer.concat([
    ...pieces
      .filter(({ length }) => length > 0)
      .flatMap((piece) =>
        [`${piece.length.toString(16)}\r\n`, piece, '\r\n'].map((each) => Buffer.from(each)),
      ),
    Buffer.from('0\r\n\r\n'),
  ])

describe('the chunk decoder', () => {
  test(
    'gives back what was put into chunks, however it is cut, and nothing of what follows',
    () => {
      fuzz(
        fc.tuple(fc.array(bytes, { maxLength: 6 }), bytes, fc.array(fc.nat(), { maxLength: 8 })),
        ([content, next, cuts]) => {
          const body = encode(content)
          const all = Buffer.concat([body, next])
          const places = cuts.map((each) => each % (all.length + 1)).sort((a, b) => a - b)
          const pieces = [...places, all.length].map((end, i) => all.subarray(places[i - 1] ?? 0, end))
          expect(readChunks(pieces)).toEqual({
            outcome: 'message',
            head: undefined,
            body: Buffer.concat(content).toString('latin1'),
            length: body.length,
          })
        },
        2_000,
      )
    },
    FUZZ_TIMEOUT_MILLIS,
  )

  test(
    'comes to the same result byte by byte as at once, whatever it is given',
    () => {
      fuzz(
        chunks,
        (text) => {
          const all = Buffer.from(text, 'latin1')
          const single = Array.from(all, (_, i) => all.subarray(i, i + 1))
          expect(readChunks(single)).toEqual(readChunks([all]))
        },
        3_000,
      )
    },
    FUZZ_TIMEOUT_MILLIS,
  )

  test(
    'decodes as llhttp does, or refuses, whatever it is given and however it is cut',
    () => {
      const tally = new Tally()
      fuzz(
        inPieces(chunks),
        (pieces) => {
          const ours = readChunks(pieces)
          const theirs = judgeRequest([HEAD, ...pieces])
          if (ours.outcome !== 'message') {
            tally.add(theirs.outcome === 'message' ? 'only llhttp accepts' : 'neither accepts')
            return
          }
          tally.add('both accept')
          const { body, length } = ours
          expect(theirs).toMatchObject({ outcome: 'message', body, length: HEAD.length + length })
        },
        6_000,
      )
      tally.report('chunked bodies')
      expect(tally.get('both accept') / tally.total).toBeGreaterThan(0.2)
    },
    FUZZ_TIMEOUT_MILLIS,
  )

  test('hands content on without copying it, and keeps no more than its trailers', () => {
    const decoder = new ChunkDecoder(serverLimits.maxTrailerBytes)
    const piece = Buffer.from('5\r\nhello\r\n')
    const content: Uint8Array[] = []
    decoder.push(piece, { onContent: (each) => content.push(each) })
    expect(content).toHaveLength(1)
    expect(content[0]?.buffer).toBe(piece.buffer)
  })

  test('is quick with a body of chunks of one byte', () => {
    const body = Buffer.from('1\r\nx\r\n'.repeat(200_000))
    const decoder = new ChunkDecoder(serverLimits.maxTrailerBytes)
    let count = 0
    const used = decoder.push(body, {
      onContent: (each) => {
        count += each.length
      },
    })
    expect({ used, count }).toEqual({ used: body.length, count: 200_000 })
  })
})
