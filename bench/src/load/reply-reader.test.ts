import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ReplyReader } from './reply-reader.ts'

const byLength = 'HTTP/1.1 200 OK\r\nContent-Type: a/b\r\ncontent-length: 5\r\n\r\nhello'
const byChunks = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n'

/** How many of the pieces it took until the reply was over. */
function piecesTaken(reader: ReplyReader, pieces: readonly string[]): number {
  return pieces.findIndex((piece) => reader.take(Buffer.from(piece, 'latin1'))) + 1
}

describe('ReplyReader', () => {
  it('finds the end of a reply however it is cut into pieces', () => {
    fc.assert(
      fc.property(fc.nat(byLength.length - 1), fc.nat(byLength.length - 1), (a, b) => {
        const [first, second] = a < b ? [a, b] : [b, a]
        const cut = [byLength.slice(0, first), byLength.slice(first, second), byLength.slice(second)]
        const pieces = cut.filter((piece) => piece !== '')
        const reader = new ReplyReader()
        expect(piecesTaken(reader, pieces)).toBe(pieces.length)
        expect(reader.status).toBe(200)
      }),
    )
  })

  it('finds the last chunk', () => {
    const reader = new ReplyReader()
    expect(piecesTaken(reader, [byChunks.slice(0, 50), byChunks.slice(50)])).toBe(2)
  })

  it('tells the status of every reply of a connection', () => {
    const reader = new ReplyReader()
    piecesTaken(reader, [byLength])
    reader.reset()
    expect(piecesTaken(reader, ['HTTP/1.1 429 No\r\nContent-Length: 0\r\n\r\n'])).toBe(1)
    expect(reader.status).toBe(429)
  })
})
