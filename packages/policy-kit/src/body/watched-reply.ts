import { faultOf } from '../message/problem.ts'
import type { Body } from '../message/reply.ts'
import { discardBody } from './body-ahead.ts'

/** Sees the body of a reply on its way to the caller; what is sent is not changed. */
export interface ReplyWatcher {
  /** Before the caller gets it. Throws a fault to break the reply off; chunks must not be changed or, uncopied, kept. */
  chunk(bytes: Uint8Array): void
  /** All of it has been read: the last that is heard of it. */
  end?(): void
  /** It broke off, or nobody wanted the rest: the last that is heard of it. */
  gone?(): void
}

/**
 * The same body under the eyes of a watcher, at the pace of whoever reads it. Of a body that is at hand in one piece the
 * watcher sees everything at once, and what it throws is thrown here.
 */
export function watchedReply(body: Body | undefined, watcher: ReplyWatcher): Body | undefined {
  if (body !== undefined && !(body instanceof Uint8Array)) return new WatchedReply(body, watcher)
  try {
    if (body !== undefined) watcher.chunk(body)
  } catch (thrown) {
    watcher.gone?.()
    throw faultOf(thrown)
  }
  watcher.end?.()
  return body
}

/** No generator: one that is given up before it began would leave the source open. */
class WatchedReply implements AsyncIterableIterator<Uint8Array> {
  readonly #body: AsyncIterable<Uint8Array>
  readonly #watcher: ReplyWatcher
  #source: AsyncIterator<Uint8Array> | undefined
  #isOver = false

  constructor(body: AsyncIterable<Uint8Array>, watcher: ReplyWatcher) {
    this.#body = body
    this.#watcher = watcher
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async next(): Promise<IteratorResult<Uint8Array>> {
    if (this.#isOver) return { done: true, value: undefined }
    this.#source ??= this.#body[Symbol.asyncIterator]()
    try {
      const next = await this.#source.next()
      if (next.done !== true) this.#watcher.chunk(next.value)
      else if (this.#leave()) this.#watcher.end?.()
      return next
    } catch (thrown) {
      await this.return()
      throw faultOf(thrown)
    }
  }

  async return(): Promise<IteratorResult<Uint8Array>> {
    if (this.#leave()) {
      this.#watcher.gone?.()
      if (this.#source === undefined) await discardBody(this.#body)
      else await this.#source.return?.()
    }
    return { done: true, value: undefined }
  }

  #leave(): boolean {
    const wasUnderWay = !this.#isOver
    this.#isOver = true
    return wasUnderWay
  }
}
