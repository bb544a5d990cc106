const HEAD_END = '\r\n\r\n'
const LAST_CHUNK = Buffer.from('0\r\n\r\n')

/**
 * Tells where a reply ends, and no more: its status, and its length by Content-Length or by the last chunk. Enough for
 * the replies of one benchmark to GET; it is no parser of HTTP.
 */
export class ReplyReader {
  #left = -1
  #isChunked = false
  #head = ''
  status = 0

  /** Takes what came; true when that was the end of the reply. */
  take(chunk: Buffer): boolean {
    if (this.#left < 0 && !this.#isChunked) return this.#takeHead(chunk)
    return this.#takeBody(chunk, 0)
  }

  reset(): void {
    this.#left = -1
    this.#isChunked = false
    this.#head = ''
    this.status = 0
  }

  #takeHead(chunk: Buffer): boolean {
    const text = this.#head + chunk.toString('latin1', 0, Math.min(chunk.length, 8_192))
    const end = text.indexOf(HEAD_END)
    if (end < 0) {
      this.#head = text
      return false
    }
    this.status = Number(text.slice(9, 12))
    const bodyStart = end + HEAD_END.length - this.#head.length
    const length = /\r\ncontent-length: *(\d+)/i.exec(text)?.[1]
    if (length === undefined) this.#isChunked = true
    else this.#left = Number(length)
    return this.#takeBody(chunk, bodyStart)
  }

  #takeBody(chunk: Buffer, from: number): boolean {
    if (this.#isChunked) return chunk.subarray(-LAST_CHUNK.length).equals(LAST_CHUNK)
    this.#left -= chunk.length - from
    return this.#left <= 0
  }
}
