import { parseJson } from './receive.ts'
import { type RevisionNotice, revisionNotice } from './route/bundle.ts'

/** A line of an event stream is short; anything longer is not from us. */
const MAX_LINE_CHARACTERS = 4096

/**
 * The revisions that an event stream tells of (server-sent events, HTML standard §9.2). Comments, which keep the
 * connection alive, and events of other names are passed over.
 */
export async function* readNotices(body: AsyncIterable<Uint8Array>): AsyncGenerator<RevisionNotice> {
  let event = ''
  let data = ''
  for await (const line of linesOf(body)) {
    if (line.startsWith('event:')) event = line.slice(6).trim()
    else if (line.startsWith('data:')) data += line.slice(5).trim()
    else if (line === '') {
      const notice = revisionNotice.safeParse(parseJson(data))
      if (event === 'revision' && notice.success) yield notice.data
      event = ''
      data = ''
    }
  }
}

async function* linesOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > MAX_LINE_CHARACTERS) throw new RangeError('a line of the event stream is too long')
    yield* lines.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line))
  }
}
