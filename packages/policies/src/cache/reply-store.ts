import type { HeaderList } from '@portcullis/policy-kit/message/header-list'
import { isMeantFor, type KeptReply } from './kept-reply.ts'

/** What an entry takes besides what can be counted. */
const OVERHEAD_BYTES = 512
const MAX_VARIANTS = 16

interface Shelf {
  readonly replies: KeptReply[]
  bytes: number
}

/** Kept replies of one thread, bounded in bytes: what was not used for longest goes first. */
export class ReplyStore {
  readonly #shelves = new Map<string, Shelf>()
  readonly #maxBytes: number
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get bytes(): number {
    return this.#bytes
  }

  /** The reply for such a request, fresh or not. */
  find(key: string, request: HeaderList): KeptReply | undefined {
    const shelf = this.#shelves.get(key)
    const found = shelf?.replies.find((each) => isMeantFor(each, request))
    if (shelf === undefined || found === undefined) return undefined
    this.#shelves.delete(key)
    this.#shelves.set(key, shelf)
    return found
  }

  has(key: string): boolean {
    return this.#shelves.has(key)
  }

  /** Keeps a reply in place of any for the same request. */
  keep(key: string, reply: KeptReply, request: HeaderList): void {
    const size = sizeOf(reply)
    if (size > this.#maxBytes) return
    const shelf = this.#shelves.get(key) ?? { replies: [], bytes: this.#open(key) }
    for (const old of shelf.replies.filter((each) => isMeantFor(each, request))) this.#take(shelf, old)
    if (shelf.replies.length >= MAX_VARIANTS) this.#take(shelf, shelf.replies[0] as KeptReply)
    shelf.replies.push(reply)
    shelf.bytes += size
    this.#bytes += size
    this.#shelves.delete(key)
    this.#shelves.set(key, shelf)
    for (const [oldest] of this.#shelves) {
      if (this.#bytes <= this.#maxBytes) return
      this.drop(oldest)
    }
  }

  drop(key: string): void {
    const shelf = this.#shelves.get(key)
    if (shelf === undefined) return
    this.#bytes -= shelf.bytes
    this.#shelves.delete(key)
  }

  #open(key: string): number {
    const bytes = key.length * 2 + OVERHEAD_BYTES
    this.#bytes += bytes
    return bytes
  }

  #take(shelf: Shelf, reply: KeptReply): void {
    const size = sizeOf(reply)
    shelf.replies.splice(shelf.replies.indexOf(reply), 1)
    shelf.bytes -= size
    this.#bytes -= size
  }
}

function sizeOf({ fields, body, vary }: KeptReply): number {
  const texts = [...fields, ...vary.flat()].reduce((sum, each) => sum + each.length, 0)
  return body.byteLength + texts * 2 + OVERHEAD_BYTES
}
