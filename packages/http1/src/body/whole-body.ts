/** Above that nothing is saved: the system is given a text in one piece up to 16 KB, with the head before it. */
const MAX_TEXT_BYTES = 12_288

/**
 * Content that came in one piece. Until somebody looks at it, it is a text with a character for each byte: memory for
 * texts is had and cleared away at once, where that of buffers has to be counted and swept, and a text leaves together
 * with the head before it in one write.
 */
export class WholeBody {
  readonly byteLength: number
  #text: string | undefined
  #bytes: Uint8Array | undefined

  /** Copies bytes; a text has a character for each. */
  constructor(content: Buffer | string) {
    this.byteLength = content.length
    if (typeof content === 'string') this.#text = content
    else if (content.length <= MAX_TEXT_BYTES) this.#text = content.toString('latin1')
    else this.#bytes = Buffer.from(content)
  }

  /** The content as a text in latin1, while nobody has been given the bytes, which they may change. */
  get text(): string | undefined {
    return this.#text
  }

  /** The content, the same bytes each time. */
  get bytes(): Uint8Array {
    this.#bytes ??= Buffer.from(this.#text ?? '', 'latin1')
    this.#text = undefined
    return this.#bytes
  }
}
