import fc from 'fast-check'
import { expect, test } from 'vitest'
import { clientLimits } from '../client/client-limits.ts'
import { ResponseReader } from '../client/response-reader.ts'
import { HeadReader } from '../server/head-reader.ts'
import { serverLimits } from '../server/server-limit.ts'
import { FUZZ_TIMEOUT_MILLIS, fuzz } from './fixture/fuzz.ts'
import { request } from './fixture/generate-message.ts'

/** Of which messages that are each other's beginnings, or nearly, are put together. */
const fieldLine = fc.constantFrom(
  'Host: a\r\n',
  'Host: b\r\n',
  'Content-Length: 3\r\n',
  'Content-Length: 2\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Connection: close\r\n',
  'Expect: 100-continue\r\n',
  'A: 1\r\n',
  'A: 1',
  '\r\n',
)
const firstLine = fc.constantFrom(
  'GET / HTTP/1.1\r\n',
  'POST /a?b HTTP/1.1\r\n',
  'GET / HTTP/1.0\r\n',
  'GET http://c/ HTTP/1.1\r\n',
)
const statusLine = fc.constantFrom('HTTP/1.1 200 OK\r\n', 'HTTP/1.1 204\r\n', 'HTTP/1.0 200 OK\r\n')

/** Some messages, that come again and again, each cut once or not at all. */
function talk(messages: fc.Arbitrary<string>): fc.Arbitrary<Buffer[][]> {
  const turn = fc.tuple(fc.nat({ max: 2 }), fc.option(fc.nat({ max: 80 })))
  return fc
    .tuple(
      fc.array(messages, { minLength: 1, maxLength: 3 }),
      fc.array(turn, { minLength: 2, maxLength: 10 }),
    )
    .map(([all, turns]) =>
      turns.map(([which, cut]) => {
        const bytes = Buffer.from(all[which % all.length] as string, 'latin1')
        return cut === null ? [bytes] : [bytes.subarray(0, cut), bytes.subarray(cut)]
      }),
    )
}

function composed(first: fc.Arbitrary<string>, host: string): fc.Arbitrary<string> {
  const end = fc.constantFrom('\r\n', '', '\r\nabc', '\r\n0\r\n\r\n')
  return fc
    .tuple(first, fc.array(fieldLine, { maxLength: 4 }), end)
    .map(([line, lines, last]) => line + host + lines.join('') + last)
}

/** What a reader finds in one request, whose list of fields is then spoilt: it is the handler's. */
function readRequest(reader: HeadReader, pieces: readonly Buffer[]): unknown {
  let unread = Buffer.alloc(0)
  for (const piece of pieces) {
    unread = Buffer.concat([unread, piece])
    const found = unread.length === 0 ? undefined : reader.read(unread)
    if (found === undefined) continue
    const seen = structuredClone(found)
    if ('head' in found) found.head.fields.fill('#')
    return seen
  }
  return 'incomplete'
}

test(
  'requests are the same whatever came before them on their connection',
  () => {
    fuzz(
      talk(fc.oneof(composed(firstLine, 'Host: a\r\n'), request)),
      (requests) => {
        const reader = new HeadReader(serverLimits)
        for (const pieces of requests) {
          const seen = readRequest(reader, pieces)
          expect(seen).toEqual(readRequest(new HeadReader(serverLimits), pieces))
          // A connection is read no further then.
          if (seen === 'incomplete' || Object.hasOwn(seen as object, 'bad')) return
        }
      },
      4_000,
    )
  },
  FUZZ_TIMEOUT_MILLIS,
)

/** What comes of one response, whose list of fields is then spoilt. */
function readResponse(connection: ReaderOfOne, pieces: readonly Buffer[], method: string): unknown[] {
  connection.seen = []
  connection.reader.begin(method)
  for (const piece of pieces) connection.reader.read(piece)
  return connection.seen
}

class ReaderOfOne {
  seen: unknown[] = []
  readonly reader = new ResponseReader(clientLimits, {
    onInterim: (head) => this.note(head),
    onSwitch: (head) => this.note(head),
    onWhole: (head, content) => this.note(head, content?.text),
    onStream: (head) => this.note(head),
    onContent: (bytes) => this.note(undefined, Buffer.from(bytes).toString('latin1')),
    onEnd: () => this.note(undefined, 'end'),
    onFailure: ({ reason, malformed }) => this.note(undefined, `${reason} ${malformed}`),
  })

  note(head: { readonly fields: string[] } | undefined, word?: string): void {
    this.seen.push([structuredClone(head), word])
    head?.fields.fill('#')
  }
}

test(
  'responses are the same whatever came before them on their connection',
  () => {
    const methods = fc.array(fc.constantFrom('GET', 'HEAD'), { minLength: 10, maxLength: 10 })
    fuzz(
      fc.tuple(talk(composed(statusLine, '')), methods),
      ([responses, asked]) => {
        const connection = new ReaderOfOne()
        for (const [i, pieces] of responses.entries()) {
          const method = asked[i] as string
          expect(readResponse(connection, pieces, method)).toEqual(
            readResponse(new ReaderOfOne(), pieces, method),
          )
          // No other is asked for where this one is not over.
          if (!connection.reader.isIdle) return
        }
      },
      4_000,
    )
  },
  FUZZ_TIMEOUT_MILLIS,
)
