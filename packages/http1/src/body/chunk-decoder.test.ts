import { describe, expect, test } from 'vitest'
import { heldBytes } from '../strict/fixture/memory.ts'
import { ChunkDecoder } from './chunk-decoder.ts'

const MOST = 4_096
const sink = { onContent: () => undefined }

/** A decoder that has got these bytes one by one, as somebody slow would send them. */
function fed(text: string): ChunkDecoder {
  const decoder = new ChunkDecoder(MOST)
  for (const byte of Buffer.from(text, 'latin1')) decoder.push(Buffer.of(byte), sink)
  return decoder
}

describe('trailers that have not come to their end', () => {
  test('hold little more memory than they have bytes', () => {
    const before = heldBytes()
    const decoders = Array.from({ length: 200 }, () => fed(`0\r\nX: ${'a'.repeat(MOST - 3)}`))
    expect((heldBytes() - before) / decoders.length).toBeLessThan(MOST * 4)
    expect(decoders.every(({ isDone }) => !isDone)).toBe(true)
  })

  test('may be as long as is allowed, the end of the last line apart, and no longer', () => {
    const lines = `A: 1\r\nX: ${'a'.repeat(MOST - 9)}`
    expect(fed(`0\r\n${lines}\r\n\r\n`).trailers).toEqual(['A', '1', 'X', 'a'.repeat(MOST - 9)])
    expect(fed(`0\r\n${lines}a\r\n\r\n`).isDone).toBe(false)
    expect(fed(`0\r\n${lines}\r\nB: 2\r\n\r\n`).isDone).toBe(false)
  })
})
