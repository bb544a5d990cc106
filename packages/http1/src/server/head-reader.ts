import { LastHead } from '../head/last-head.ts'
import { type Malformed, malformed } from '../head/malformed.ts'
import { findRequestHead, type RequestHead, readRequestHead } from '../head/read-request-head.ts'
import type { ServerLimits } from './server-limit.ts'
import { unwelcome } from './unwelcome.ts'

const END_OF_HEAD = Buffer.from('\r\n\r\n')
/** Where a head is longer than that, what else its reading costs does not matter. */
const AT_ONCE_BYTES = 4_096
const LF = 10
const CR = 13

/** What was found at the beginning of what has come: a head that can be served or one that can't. */
export type Found =
  | { readonly head: RequestHead; readonly rest: Buffer | undefined }
  | { readonly bad: Malformed; readonly method: string | undefined }

/** Finds the heads in what comes on a connection, and looks at every byte once however slowly they come. */
export class HeadReader {
  readonly #limits: ServerLimits
  /** How far the search for the end of the head got. */
  #searched = 0
  readonly #last = new LastHead<RequestHead>()

  constructor(limits: ServerLimits) {
    this.#limits = limits
  }

  /** Whether a head has begun and was found incomplete. */
  get isWithin(): boolean {
    return this.#searched > 0
  }

  /** `undefined` while the head is incomplete. */
  read(bytes: Buffer): Found | undefined {
    const found = this.#searched === 0 ? this.#readAtOnce(bytes) : undefined
    return found ?? this.#readInSteps(bytes)
  }

  /** Reads what nearly all heads are: whole in one piece, and nothing wrong with it. All else is for others to judge. */
  #readAtOnce(bytes: Buffer): Found | undefined {
    const { maxHeadBytes } = this.#limits
    const text = bytes.toString('latin1', 0, Math.min(bytes.length, AT_ONCE_BYTES))
    const found = findRequestHead(bytes, text, this.#limits, this.#last)
    if (!('head' in found)) return undefined
    const { head, length } = found
    const end = length + 2
    const isWhole = end <= text.length && bytes[length] === CR && bytes[length + 1] === LF
    if (!isWhole || end > maxHeadBytes || unwelcome(head) !== undefined) return undefined
    return { head, rest: end === bytes.length ? undefined : bytes.subarray(end) }
  }

  #readInSteps(bytes: Buffer): Found | undefined {
    // RFC 9112 §2.2: an empty line before a request is passed over; it is what some clients send after a body.
    const start = bytes[0] === CR && bytes[1] === LF ? 2 : 0
    const end = bytes.indexOf(END_OF_HEAD, Math.max(start, this.#searched))
    if (end < 0) {
      const bad = this.#checkIncomplete(bytes, start)
      // Kept above 0, and so that an end that has half come is found.
      this.#searched = Math.max(1, bytes.length - 3)
      return bad && { bad, method: methodOf(bytes, start) }
    }
    this.#searched = 0
    const head =
      end + 4 - start > this.#limits.maxHeadBytes
        ? malformed(431, 'head-too-large')
        : readRequestHead(start === 0 ? bytes : bytes.subarray(start), end + 2 - start, this.#limits)
    const bad = 'reason' in head ? head : unwelcome(head)
    if (bad !== undefined) return { bad, method: methodOf(bytes, start) }
    return { head: head as RequestHead, rest: end + 4 === bytes.length ? undefined : bytes.subarray(end + 4) }
  }

  /** What is wrong already with a head that has not come to its end. */
  #checkIncomplete(bytes: Buffer, start: number): Malformed | undefined {
    const { maxHeadBytes, maxTargetBytes } = this.#limits
    if (bytes.length - start > maxHeadBytes) {
      const lineEnd = bytes.indexOf(LF, start)
      const isTarget = lineEnd < 0 || lineEnd - start > maxTargetBytes + 32
      return isTarget ? malformed(414, 'target-too-long') : malformed(431, 'head-too-large')
    }
    if (!isMethodByte(bytes, start)) return malformed(400, 'bad-request-line')
    for (
      let at = bytes.indexOf(LF, Math.max(start, this.#searched));
      at >= 0;
      at = bytes.indexOf(LF, at + 1)
    ) {
      if (bytes[at - 1] !== CR) return malformed(400, 'bad-line-ending')
    }
    return undefined
  }
}

/** Anything but a capital letter is another protocol, such as TLS, and not worth waiting for; or half an empty line. */
function isMethodByte(bytes: Buffer, start: number): boolean {
  const byte = bytes[start]
  if (byte === undefined) return true
  return (byte >= 65 && byte <= 90) || (byte === CR && start === 0 && bytes.length === 1)
}

/** The method of a request that can't be read otherwise, if it looks like one. */
export function methodOf(bytes: Buffer, start = 0): string | undefined {
  return /^[A-Z]{1,20}(?= )/.exec(bytes.toString('latin1', start, start + 24))?.[0]
}
