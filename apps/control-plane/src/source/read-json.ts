import { pointer } from '@portcullis/kernel/schema'
import { LineIndex } from './line-index.ts'
import { errorAt, keysOf, type Position, type Source, type SourceLimits, setOwn } from './source-document.ts'
import { sourceFaults } from './source-fault.ts'

/**
 * Reads JSON (RFC 8259), strictly. Unlike `JSON.parse` it tells where it stopped, refuses an object that has
 * a key twice (of which parsers keep the first, the last or both), and knows where every value stands.
 */
export function readJson(file: string, text: string, limits: SourceLimits): Source {
  const reader = new JsonReader(text, limits.maxDepth)
  try {
    const { value, place } = reader.readDocument()
    const locate = (at: string): Position => reader.lines.positionOf(offsetOf(place, keysOf(at)))
    return { documents: [{ file, value, locate }], findings: [] }
  } catch (thrown) {
    if (!(thrown instanceof JsonStop)) throw thrown
    const place = { file, ...reader.lines.positionOf(thrown.offset), path: pointer(thrown.keys) }
    return { documents: [], findings: [errorAt(sourceFaults[thrown.kind], place, thrown.message)] }
  }
}

/** Where a value stands, and what stands in it. */
interface Placed {
  readonly offset: number
  readonly parts: ReadonlyMap<string, Placed> | undefined
}

interface Read {
  readonly value: unknown
  readonly place: Placed
}

class JsonStop extends Error {
  readonly kind: 'malformed' | 'duplicateKey' | 'tooLarge'
  readonly offset: number
  readonly keys: readonly string[]

  constructor(kind: JsonStop['kind'], message: string, offset: number, keys: readonly string[]) {
    super(message)
    this.kind = kind
    this.offset = offset
    this.keys = [...keys]
  }
}

function offsetOf(place: Placed, keys: readonly string[]): number {
  let at = place
  for (const key of keys) {
    const part = at.parts?.get(key)
    if (part === undefined) break
    at = part
  }
  return at.offset
}

const WORDS: readonly (readonly [string, unknown])[] = [
  ['true', true],
  ['false', false],
  ['null', null],
]
/** RFC 8259 §6. Sticky and without nested repetition: linear. */
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y

class JsonReader {
  readonly #text: string
  readonly #maxDepth: number
  readonly #keys: string[] = []
  #at = 0
  #lines: LineIndex | undefined

  constructor(text: string, maxDepth: number) {
    this.#text = text
    this.#maxDepth = maxDepth
  }

  get lines(): LineIndex {
    this.#lines ??= new LineIndex(this.#text)
    return this.#lines
  }

  readDocument(): Read {
    this.#skipSpace()
    const read = this.#readValue()
    this.#skipSpace()
    if (this.#at < this.#text.length) this.#stop('after the value there is more text')
    return read
  }

  #readValue(keyOffset = this.#at): Read {
    const character = this.#text[this.#at]
    if (character === '{') return this.#readObject(keyOffset)
    if (character === '[') return this.#readArray(keyOffset)
    const place = { offset: keyOffset, parts: undefined }
    if (character === '"') return { value: this.#readString(), place }
    for (const [word, value] of WORDS) {
      if (!this.#text.startsWith(word, this.#at)) continue
      this.#at += word.length
      return { value, place }
    }
    return { value: this.#readNumber(), place }
  }

  #readObject(offset: number): Read {
    const value: Record<string, unknown> = {}
    const parts = new Map<string, Placed>()
    this.#open()
    while (!this.#closes('}', parts.size)) {
      const keyOffset = this.#at
      if (this.#text[this.#at] !== '"') this.#stop('a key in double quotes is expected')
      const key = this.#readString()
      this.#keys.push(key)
      if (parts.has(key)) {
        throw new JsonStop('duplicateKey', `The key "${key}" stands twice here.`, keyOffset, this.#keys)
      }
      this.#skipSpace()
      this.#take(':')
      this.#skipSpace()
      const part = this.#readValue(keyOffset)
      setOwn(value, key, part.value)
      parts.set(key, part.place)
      this.#keys.pop()
    }
    return { value, place: { offset, parts } }
  }

  #readArray(offset: number): Read {
    const value: unknown[] = []
    const parts = new Map<string, Placed>()
    this.#open()
    while (!this.#closes(']', value.length)) {
      const key = String(value.length)
      this.#keys.push(key)
      const part = this.#readValue()
      value.push(part.value)
      parts.set(key, part.place)
      this.#keys.pop()
    }
    return { value, place: { offset, parts } }
  }

  #open(): void {
    if (this.#keys.length >= this.#maxDepth) {
      const message = `Collections stand more than ${this.#maxDepth} deep in each other.`
      throw new JsonStop('tooLarge', message, this.#at, this.#keys)
    }
    this.#at++
    this.#skipSpace()
  }

  /** Whether the collection ends here; otherwise takes the comma before the next part. */
  #closes(bracket: string, parts: number): boolean {
    this.#skipSpace()
    if (this.#text[this.#at] === bracket) {
      this.#at++
      return true
    }
    if (parts > 0) {
      if (this.#text[this.#at] !== ',') this.#stop(`"," or "${bracket}" is expected`)
      this.#at++
      this.#skipSpace()
    }
    return false
  }

  #readString(): string {
    const begin = this.#at++
    let plain = true
    while (this.#at < this.#text.length) {
      const code = this.#text.charCodeAt(this.#at)
      if (code === 34) {
        this.#at++
        return plain ? this.#text.slice(begin + 1, this.#at - 1) : this.#unescape(begin)
      }
      if (code < 32) this.#stop('a control character must be escaped in a text')
      if (code === 92) {
        plain = false
        this.#at++
      }
      this.#at++
    }
    this.#at = begin
    return this.#stop('a text is not closed')
  }

  #unescape(begin: number): string {
    try {
      return JSON.parse(this.#text.slice(begin, this.#at)) as string
    } catch {
      // Only a bad escape is left to be wrong: quotes and controls were checked on the way.
      this.#at = begin
      return this.#stop('a text has a malformed escape')
    }
  }

  #readNumber(): number {
    NUMBER.lastIndex = this.#at
    const digits = NUMBER.exec(this.#text)?.[0]
    if (digits === undefined)
      return this.#stop(this.#at < this.#text.length ? 'a value is expected' : 'it ends here')
    const value = Number(digits)
    if (!Number.isFinite(value)) this.#stop('the number is too large')
    this.#at += digits.length
    return value
  }

  #take(character: string): void {
    if (this.#text[this.#at] !== character) this.#stop(`"${character}" is expected`)
    this.#at++
  }

  #skipSpace(): void {
    while (isSpace(this.#text.charCodeAt(this.#at))) this.#at++
  }

  #stop(message: string): never {
    throw new JsonStop('malformed', `This is no JSON: ${message}.`, this.#at, this.#keys)
  }
}

function isSpace(code: number): boolean {
  return code === 32 || code === 10 || code === 13 || code === 9
}
