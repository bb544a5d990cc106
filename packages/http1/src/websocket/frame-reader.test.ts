import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  BINARY,
  CLOSE,
  CONTINUATION,
  closePayload,
  controlFrame,
  PING,
  PONG,
  readClose,
  TEXT,
  unmasked,
} from './frame.ts'
import { FrameReader, type FrameRules, type Violation } from './frame-reader.ts'

const MASK = Buffer.from([1, 2, 3, 4])
const LOOSE: FrameRules = {
  isMasked: true,
  isCompressed: false,
  maxFrameBytes: 1_000_000,
  maxMessageBytes: 1_000_000,
}

interface Shape {
  readonly opcode?: number
  readonly payload?: Buffer
  readonly isFinal?: boolean
  readonly bits?: number
  readonly isMasked?: boolean
  /** How many bytes of length are written, where not the fewest. */
  readonly wide?: 2 | 8
}

function frame({
  opcode = TEXT,
  payload = Buffer.from('hello'),
  isFinal = true,
  bits = 0,
  isMasked = true,
  wide,
}: Shape = {}): Buffer {
  const size = wide ?? (payload.length < 126 ? 0 : payload.length < 65_536 ? 2 : 8)
  const head = Buffer.alloc(2 + size)
  head[0] = (isFinal ? 0x80 : 0) | bits | opcode
  head[1] = (isMasked ? 0x80 : 0) | (size === 0 ? payload.length : size === 2 ? 126 : 127)
  if (size === 2) head.writeUInt16BE(payload.length, 2)
  if (size === 8) head.writeBigUInt64BE(BigInt(payload.length), 2)
  return Buffer.concat([head, ...(isMasked ? [MASK, unmasked(payload, MASK)] : [payload])])
}

/** What a reader passes on of these pieces, and how it ended. */
function read(
  pieces: readonly Buffer[],
  rules: Partial<FrameRules> = {},
  admit: () => Violation | undefined = () => undefined,
) {
  const passed: Buffer[] = []
  const controls: string[] = []
  const reader = new FrameReader(
    { ...LOOSE, ...rules },
    {
      admit,
      onData: (bytes) => passed.push(Buffer.from(bytes)),
      onControl(opcode, payload, whole) {
        controls.push(`${opcode} ${payload.toString('latin1')}`)
        passed.push(Buffer.from(whole))
      },
    },
  )
  let violation: Violation | undefined
  for (const piece of pieces) {
    const lent = Buffer.from(piece)
    violation ??= reader.read(lent)
    lent.fill('#')
  }
  return { reader, passed: Buffer.concat(passed), controls, violation }
}

const close = (payload: Buffer) => frame({ opcode: CLOSE, payload })
const code = (value: number) => {
  const payload = Buffer.alloc(2)
  payload.writeUInt16BE(value)
  return payload
}

describe('a reader of frames passes on', () => {
  test.each<[string, Buffer[], Partial<FrameRules>?]>([
    ['an empty text', [frame({ payload: Buffer.alloc(0) })]],
    ['text and binary', [frame(), frame({ opcode: BINARY })]],
    [
      'fragments',
      [
        frame({ isFinal: false }),
        frame({ opcode: CONTINUATION, isFinal: false }),
        frame({ opcode: CONTINUATION }),
      ],
    ],
    [
      'a ping between fragments',
      [frame({ isFinal: false }), frame({ opcode: PING }), frame({ opcode: CONTINUATION })],
    ],
    [
      'control frames of 125 bytes',
      [frame({ opcode: PING, payload: Buffer.alloc(125) }), frame({ opcode: PONG })],
    ],
    ['lengths of 16 bits', [frame({ payload: Buffer.alloc(126) }), frame({ payload: Buffer.alloc(65_535) })]],
    ['lengths of 64 bits', [frame({ payload: Buffer.alloc(65_536) })]],
    [
      'frames of servers',
      [frame({ isMasked: false }), frame({ isMasked: false, opcode: PING })],
      { isMasked: false },
    ],
    [
      'compressed messages where that was agreed',
      [frame({ bits: 0x40, isFinal: false }), frame({ opcode: CONTINUATION })],
      { isCompressed: true },
    ],
    ['a close without code', [close(Buffer.alloc(0))]],
    ['a close with code and reason', [close(closePayload(1000, 'bye'))]],
    ['a close of an application', [close(code(4999))]],
  ])('%s', (_, frames, rules = {}) => {
    const all = Buffer.concat(frames)
    const whole = read([all], rules)
    expect(whole.violation).toBeUndefined()
    expect(whole.passed.equals(all)).toBe(true)
    expect(whole.reader.isAtBoundary).toBe(true)
    const single = read(
      Array.from(all.subarray(0, 300), (_, i) => all.subarray(i, i + 1)),
      rules,
    )
    expect(single.violation).toBeUndefined()
    expect(all.subarray(0, single.passed.length).equals(single.passed)).toBe(true)
  })
})

describe('a reader of frames stops at', () => {
  test.each<[string, Buffer[], number, Partial<FrameRules>?]>([
    ['RSV1 without agreement', [frame({ bits: 0x40 })], 1002],
    ['RSV2', [frame({ bits: 0x20 })], 1002, { isCompressed: true }],
    ['RSV3', [frame({ bits: 0x10 })], 1002, { isCompressed: true }],
    [
      'RSV1 of a continuation',
      [frame({ isFinal: false }), frame({ opcode: CONTINUATION, bits: 0x40 })],
      1002,
      { isCompressed: true },
    ],
    ['RSV1 of a control frame', [frame({ opcode: PING, bits: 0x40 })], 1002, { isCompressed: true }],
    ['a client that does not mask', [frame({ isMasked: false })], 1002],
    ['a ping of a client that is not masked', [frame({ opcode: PING, isMasked: false })], 1002],
    ['a server that masks', [frame()], 1002, { isMasked: false }],
    ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((opcode): [string, Buffer[], number] => [
      `opcode ${opcode}`,
      [frame({ opcode })],
      1002,
    ]),
    ['a continuation of nothing', [frame({ opcode: CONTINUATION })], 1002],
    ['a continuation after the last', [frame(), frame({ opcode: CONTINUATION })], 1002],
    ['a message within a message', [frame({ isFinal: false }), frame()], 1002],
    ['a fragmented ping', [frame({ opcode: PING, isFinal: false })], 1002],
    ['a fragmented close', [frame({ opcode: CLOSE, isFinal: false, payload: Buffer.alloc(0) })], 1002],
    ['a ping of 126 bytes', [frame({ opcode: PING, payload: Buffer.alloc(126) })], 1002],
    ['a close of 70,000 bytes', [close(Buffer.alloc(70_000))], 1002],
    ['a length of 16 bits that fits into 7', [frame({ wide: 2 })], 1002],
    ['a length of 64 bits that fits into 7', [frame({ wide: 8 })], 1002],
    ['a length of 64 bits that fits into 16', [frame({ wide: 8, payload: Buffer.alloc(65_535) })], 1002],
    [
      'a length with the highest bit',
      [Buffer.from([0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 1, 1, 2, 3, 4])],
      1002,
    ],
    [
      'a length beyond what numbers hold',
      [Buffer.from([0x81, 0xff, 0, 0x20, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4])],
      1002,
    ],
    ['a close of one byte', [close(Buffer.alloc(1))], 1002],
    ...[0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535].map(
      (value): [string, Buffer[], number] => [`close code ${value}`, [close(code(value))], 1002],
    ),
    ['a close reason that is no UTF-8', [close(Buffer.concat([code(1000), Buffer.from([0xff])]))], 1007],
    ['a frame above the limit', [frame({ payload: Buffer.alloc(11) })], 1009, { maxFrameBytes: 10 }],
    [
      'a frame that only says that it is',
      [frame({ payload: Buffer.alloc(11) }).subarray(0, 6)],
      1009,
      { maxFrameBytes: 10 },
    ],
    [
      'fragments that together are above the limit',
      [
        frame({ isFinal: false }),
        frame({ opcode: CONTINUATION, isFinal: false }),
        frame({ opcode: CONTINUATION }),
      ],
      1009,
      { maxMessageBytes: 14 },
    ],
  ])('%s, of which nothing is passed on', (_, frames, expected, rules = {}) => {
    const before = Buffer.concat(frames.slice(0, -1))
    const all = Buffer.concat(frames)
    for (const pieces of [[all, frame()], Array.from(all, (_, i) => all.subarray(i, i + 1))]) {
      const { violation, passed, reader } = read(pieces, rules)
      expect(violation?.code).toBe(expected)
      expect(passed.equals(before)).toBe(true)
      expect(reader.isAtBoundary).toBe(true)
    }
  })

  test('what is not admitted, before any of it', () => {
    let admitted = 0
    const { violation, passed } = read([Buffer.concat([frame(), frame(), frame()])], {}, () =>
      ++admitted > 2 ? { code: 1008, reason: 'too fast' } : undefined,
    )
    expect(violation).toEqual({ code: 1008, reason: 'too fast' })
    expect(passed.length).toBe(frame().length * 2)
  })

  test('a close: what comes after it is dropped', () => {
    const { violation, passed, controls } = read([
      Buffer.concat([close(code(1000)), frame(), Buffer.from('rubbish')]),
      frame(),
    ])
    expect({ violation, controls }).toEqual({
      violation: undefined,
      controls: [`8 ${code(1000).toString('latin1')}`],
    })
    expect(passed.equals(close(code(1000)))).toBe(true)
  })
})

test('frames are found and counted however they are cut', () => {
  const message = fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(
      fc.array(message, { maxLength: 6 }),
      fc.infiniteStream(fc.integer({ min: 1, max: 90 })),
      (messages, cuts) => {
        const frames = messages.flatMap((parts) =>
          parts.flatMap((part, i) => [
            frame({
              opcode: i === 0 ? BINARY : CONTINUATION,
              isFinal: i === parts.length - 1,
              payload: Buffer.from(part),
            }),
            frame({ opcode: PING, payload: Buffer.from(part).subarray(0, 5) }),
          ]),
        )
        const all = Buffer.concat(frames)
        const pieces: Buffer[] = []
        for (let at = 0; at < all.length; ) {
          const size = cuts.next().value ?? 1
          pieces.push(all.subarray(at, at + size))
          at += size
        }
        const { violation, passed, reader } = read(pieces)
        expect(violation).toBeUndefined()
        expect(passed.equals(all)).toBe(true)
        expect(reader).toMatchObject({
          frames: frames.length,
          messages: messages.length,
          bytes: messages.flat().reduce((sum, part) => sum + part.length, 0),
        })
      },
    ),
    { numRuns: 100 },
  )
})

test('a close that we write can be read, and its reason is cut between characters', () => {
  expect(readClose(closePayload(1008, 'token expired'))).toEqual({ code: 1008, reason: 'token expired' })
  const long = readClose(closePayload(1008, 'ü'.repeat(100)))
  expect(long).toEqual({ code: 1008, reason: 'ü'.repeat(61) })
})

test.each([true, false])('control frames that we write are lawful, masked: %s', (isMasked) => {
  const { violation, controls } = read([controlFrame(PING, Buffer.from('there?'), isMasked)], { isMasked })
  expect({ violation, controls }).toEqual({ violation: undefined, controls: ['9 there?'] })
})
