import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ResponseHead } from '../head/read-response-head.ts'
import type { ClientError } from './client-error.ts'
import { clientLimits } from './client-limits.ts'
import { ResponseReader } from './response-reader.ts'

/** What a reader says of these pieces, content joined. */
function read(pieces: readonly Buffer[], method = 'GET'): string {
  const seen: string[] = []
  let content = ''
  let whole: Uint8Array | undefined
  const flush = (word: string): void => {
    seen.push(`${content} ${word}`)
    content = ''
  }
  const reader = new ResponseReader(clientLimits, {
    onInterim: (head) => flush(`interim ${words(head)}`),
    onSwitch: (head) => flush(`switch ${head.status}`),
    onWhole(head, content) {
      flush(`head ${words(head)}`)
      whole = content?.bytes
      seen.push('')
    },
    onStream: (head) => flush(`head ${words(head)}`),
    onContent(bytes) {
      content += Buffer.from(bytes).toString('latin1')
    },
    onEnd: () => flush('end'),
    onFailure: (error: ClientError) => flush(error.message),
  })
  reader.begin(method)
  for (const piece of pieces) {
    // One buffer for all reads, as the sockets have: nothing of it may be kept.
    const lent = Buffer.from(piece)
    reader.read(lent)
    lent.fill('#')
  }
  const end = `${Buffer.from(whole ?? []).toString('latin1')} end`
  return seen.map((each) => (each === '' ? end : each)).join('|')
}

function words(head: ResponseHead): string {
  return `${head.status} ${head.fields.join(',')}`
}

/** The bytes in up to 13 pieces. */
function cuts(bytes: Buffer): fc.Arbitrary<Buffer[]> {
  const places = fc.uniqueArray(fc.integer({ min: 1, max: bytes.length - 1 }), { maxLength: 12 })
  return places.map((at) => {
    const all = [0, ...at.sort((one, other) => one - other), bytes.length]
    return all.slice(1).map((end, i) => bytes.subarray(all[i], end))
  })
}

const messages = [
  'HTTP/1.1 200 OK\r\nContent-Length: 11\r\nX: y\r\n\r\nhello world',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\nX: y\r\n\r\n',
  'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n',
  'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
  'HTTP/1.0 200 OK\r\n\r\nuntil the end',
  'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok and too much',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\nhello',
]

describe('the reader of responses', () => {
  test.each(messages)('finds the same however the bytes are cut: %j', (text) => {
    const bytes = Buffer.from(text, 'latin1')
    const whole = read([bytes])
    fc.assert(fc.property(cuts(bytes), (pieces) => read(pieces) === whole))
    expect(read([...bytes].map((each) => Buffer.from([each])))).toBe(whole)
  })

  test('refuses a bad chunk however the bytes are cut, and never comes to an end', () => {
    const head = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'
    const bytes = Buffer.from(`${head}5\r\nhello\r\n6;x=y\r\n world\r\n0\r\n\r\n`)
    // Where it is seen before anybody was told of the head, nobody is.
    expect(read([bytes])).toBe(' malformed: bad-chunk')
    const refused = /^(?: head 200 \|(?:hello|hell|hel|he|h)?)? malformed: bad-chunk$/
    fc.assert(fc.property(cuts(bytes), (pieces) => refused.test(read(pieces))))
  })

  test('says whether bytes belong to nothing', () => {
    expect(read([Buffer.from(messages[5] as string)])).toBe(
      ' head 200 Content-Length,2|ok end| malformed: bytes that belong to no response',
    )
  })

  test('refuses whatever comes once it has refused', () => {
    const after = [Buffer.from('nonsense\r\n\r\n'), Buffer.from(messages[0] as string)]
    expect(read(after)).toBe(' malformed: bad-status-line')
  })

  test.each([
    'SSH-2.0-OpenSSH_9.2\r\n',
    '\x15\x03\x01',
    'HTTP/2',
    'HTTP/1.1 200 OK\nContent-Length: 2\n\nok',
    'I',
  ])('does not wait for the end of what is no head: %j', (text) => {
    expect(read([Buffer.from(text, 'latin1')])).toBe(' malformed: bad-status-line')
  })

  test('waits for the rest of what may become one', () => {
    for (const text of ['H', 'HTTP/1.1', 'HTTP/1.1 200 OK\r', 'HTTP/1.1 200 OK\r\nX: y\r\n']) {
      expect(read([Buffer.from(text)])).not.toContain('malformed')
    }
  })

  test('takes a head of just the size that is allowed, and none larger', () => {
    const head = (size: number): Buffer => {
      const rest = 'HTTP/1.1 204 No\r\nX: \r\n\r\n'
      return Buffer.from(rest.replace('X: ', `X: ${'x'.repeat(size - rest.length)}`))
    }
    const { maxHeadBytes } = clientLimits
    expect(read([head(maxHeadBytes)])).toContain('head 204')
    expect(read([head(maxHeadBytes + 1)])).toBe(' malformed: head-too-large')
    const half = maxHeadBytes / 2
    const cut = (bytes: Buffer): Buffer[] => [bytes.subarray(0, half), bytes.subarray(half)]
    expect(read(cut(head(maxHeadBytes)))).toContain('head 204')
    expect(read(cut(head(maxHeadBytes + 1)))).toBe(' malformed: head-too-large')
  })
})
