import { BINARY, CLOSE, MAX_CONTROL_BYTES, PONG, readClose, TEXT, unmasked } from './frame.ts'

/** Why a connection has to be closed, and with which code (RFC 6455 §7.4.1). */
export interface Violation {
  readonly code: 1002 | 1007 | 1008 | 1009
  readonly reason: string
}

/** What may come, and from whom. */
export interface FrameRules {
  /** Clients mask and servers do not (RFC 6455 §5.1). */
  readonly isMasked: boolean
  /** Whether messages may be compressed (RFC 7692): then, and only then, RSV1 may be set. */
  readonly isCompressed: boolean
  readonly maxFrameBytes: number
  readonly maxMessageBytes: number
}

export interface FrameEvents {
  /** Asked of every frame before any of it is passed on. */
  admit(): Violation | undefined
  /** Bytes of data frames as they came, valid during the call alone. */
  onData(bytes: Buffer): void
  /** A whole control frame as it came, and its payload without the mask. Valid during the call alone. */
  onControl(opcode: number, payload: Buffer, frame: Buffer): void
}

/** Head and mask of the longest frame are 14 bytes; a control frame is held whole. */
const MAX_HELD_BYTES = 6 + MAX_CONTROL_BYTES

const protocol = (reason: string): Violation => ({ code: 1002, reason })

/**
 * Reads the heads of the frames that come from one side (RFC 6455 §5.2), however they are cut. Payload of data passes as
 * it came, without being copied or unmasked. Nothing of a frame that breaks a rule is passed on, nor anything after it.
 */
export class FrameReader {
  readonly #rules: FrameRules
  readonly #events: FrameEvents
  readonly #held = Buffer.allocUnsafe(MAX_HELD_BYTES)
  #heldBytes = 0
  /** Of the data frame under way, what is still to come. */
  #left = 0
  /** Payload of the message under way; `undefined` between messages. */
  #messageBytes: number | undefined
  #isOver = false
  frames = 0
  messages = 0
  /** Payload of data. */
  bytes = 0

  constructor(rules: FrameRules, events: FrameEvents) {
    this.#rules = rules
    this.#events = events
  }

  /** Whether all that was passed on is whole frames, so that another may be put between. */
  get isAtBoundary(): boolean {
    return this.#left === 0
  }

  /** After a close frame or a violation nothing is looked at. */
  read(bytes: Buffer): Violation | undefined {
    let at = 0
    /** Where what is to be passed on begins. */
    let from = 0
    while (at < bytes.length && !this.#isOver) {
      if (this.#left > 0) {
        const step = Math.min(this.#left, bytes.length - at)
        this.#left -= step
        at += step
        continue
      }
      const isInPlace = this.#heldBytes === 0 && spanOf(bytes, at, bytes.length) <= bytes.length - at
      if (!isInPlace) {
        this.#pass(bytes, from, at)
        at = this.#hold(bytes, at)
        from = at
        if (this.#heldBytes < spanOf(this.#held, 0, this.#heldBytes)) return undefined
      }
      const frame = isInPlace ? bytes.subarray(at) : this.#held.subarray(0, this.#heldBytes)
      const violation = this.#judge(frame) ?? this.#events.admit()
      if (violation !== undefined) {
        this.#pass(bytes, from, at)
        this.#isOver = true
        this.#left = 0
        return violation
      }
      const span = spanOf(frame, 0, frame.length)
      this.#heldBytes = 0
      this.frames++
      if (!isControl(frame)) {
        if (isInPlace) at += span
        else this.#events.onData(frame)
        continue
      }
      if (isInPlace) {
        this.#pass(bytes, from, at)
        at += span
        from = at
      }
      const bad = this.#control(frame.subarray(0, span))
      if (bad !== undefined) return bad
    }
    if (!this.#isOver) this.#pass(bytes, from, at)
    return undefined
  }

  #pass(bytes: Buffer, from: number, until: number): void {
    if (until > from) this.#events.onData(bytes.subarray(from, until))
  }

  /** Keeps the beginning of a frame until it can be judged. */
  #hold(bytes: Buffer, start: number): number {
    let at = start
    while (at < bytes.length) {
      const missing = spanOf(this.#held, 0, this.#heldBytes) - this.#heldBytes
      if (missing <= 0) break
      const copied = bytes.copy(this.#held, this.#heldBytes, at, Math.min(at + missing, bytes.length))
      this.#heldBytes += copied
      at += copied
    }
    return at
  }

  #judge(frame: Buffer): Violation | undefined {
    const [first, second] = frame as unknown as [number, number]
    const opcode = first & 0x0f
    const isFinal = (first & 0x80) !== 0
    const isData = opcode === TEXT || opcode === BINARY
    const allowedBits = this.#rules.isCompressed && isData ? 0x40 : 0
    if ((first & 0x70 & ~allowedBits) !== 0) return protocol('reserved bits are set')
    if (opcode > PONG || (opcode > BINARY && opcode < CLOSE)) return protocol('unknown opcode')
    if (((second & 0x80) !== 0) !== this.#rules.isMasked) {
      return protocol(this.#rules.isMasked ? 'frame is not masked' : 'frame is masked')
    }
    const length = lengthOf(frame)
    if (length === undefined) return protocol('bad length')
    if (opcode >= CLOSE) {
      if (!isFinal) return protocol('fragmented control frame')
      return length > MAX_CONTROL_BYTES ? protocol('control frame is too long') : undefined
    }
    if (isData === (this.#messageBytes !== undefined)) {
      return protocol(isData ? 'message within a message' : 'continuation of nothing')
    }
    const message = (this.#messageBytes ?? 0) + length
    if (length > this.#rules.maxFrameBytes) return { code: 1009, reason: 'frame is too large' }
    if (message > this.#rules.maxMessageBytes) return { code: 1009, reason: 'message is too large' }
    if (isFinal) this.messages++
    this.#messageBytes = isFinal ? undefined : message
    this.bytes += length
    this.#left = length
    return undefined
  }

  #control(frame: Buffer): Violation | undefined {
    const opcode = (frame[0] as number) & 0x0f
    const masked = this.#rules.isMasked
    const payload = masked ? unmasked(frame.subarray(6), frame.subarray(2, 6)) : frame.subarray(2)
    if (opcode === CLOSE) {
      this.#isOver = true
      if (readClose(payload) === undefined) {
        return payload.length > 2 && readClose(payload.subarray(0, 2)) !== undefined
          ? { code: 1007, reason: 'close reason is not UTF-8' }
          : protocol('bad close code')
      }
    }
    this.#events.onControl(opcode, payload, frame)
    return undefined
  }
}

function isControl(frame: Buffer): boolean {
  return ((frame[0] as number) & 0x08) !== 0
}

/** How many bytes must be there to judge a frame: its head, or all of it where it is a control frame. */
function spanOf(bytes: Buffer, at: number, end: number): number {
  if (end - at < 2) return 2
  const second = bytes[at + 1] as number
  const length = second & 0x7f
  const head = 2 + (length === 126 ? 2 : length === 127 ? 8 : 0) + ((second & 0x80) === 0 ? 0 : 4)
  return ((bytes[at] as number) & 0x08) !== 0 && length <= MAX_CONTROL_BYTES ? head + length : head
}

/** Of the payload; `undefined` where it is not written in the shortest way (RFC 6455 §5.2), or beyond all measure. */
function lengthOf(frame: Buffer): number | undefined {
  const short = (frame[1] as number) & 0x7f
  if (short < 126) return short
  if (short === 126) {
    const length = frame.readUInt16BE(2)
    return length < 126 ? undefined : length
  }
  const high = frame.readUInt32BE(2)
  const length = high * 2 ** 32 + frame.readUInt32BE(6)
  return length < 65_536 || high >= 2 ** 21 ? undefined : length
}
