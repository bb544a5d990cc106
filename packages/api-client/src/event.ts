import { z } from '@portcullis/kernel/schema'
import type { Topic } from '@portcullis/model/news/news'
import { parseJson } from './receive.ts'
import { revisionNotice } from './route/bundle.ts'

/** A line of an event stream is short; anything longer is not from us. */
const MAX_LINE_CHARACTERS = 4096

/** What an event stream tells of, by the event's name. */
const notices = {
  revision: revisionNotice.extend({ event: z.literal('revision') }),
  /** The position of the newest, as with all that follow. */
  revocation: z.strictObject({ event: z.literal('revocation'), position: z.int().min(0) }),
  'api-key': z.strictObject({ event: z.literal('api-key'), position: z.int().min(0) }),
  disconnection: z.strictObject({ event: z.literal('disconnection'), position: z.int().min(0) }),
} as const satisfies Record<Topic | 'revision', z.ZodType>
export type Notice = z.infer<(typeof notices)[keyof typeof notices]>

/**
 * What an event stream tells of (server-sent events, HTML standard §9.2). Comments, which keep the
 * connection alive, and events of other names are passed over.
 */
export async function* readNotices(body: AsyncIterable<Uint8Array>): AsyncGenerator<Notice> {
  let event = ''
  let data = ''
  for await (const line of linesOf(body)) {
    if (line.startsWith('event:')) event = line.slice(6).trim()
    else if (line.startsWith('data:')) data += line.slice(5).trim()
    else if (line === '') {
      const notice = noticeOf(event, parseJson(data))
      if (notice !== undefined) yield notice
      event = ''
      data = ''
    }
  }
}

function noticeOf(event: string, data: unknown): Notice | undefined {
  if (!isNamed(event)) return undefined
  if (typeof data !== 'object' || data === null) return undefined
  const notice = notices[event].safeParse({ ...data, event })
  return notice.success ? notice.data : undefined
}

function isNamed(event: string): event is keyof typeof notices {
  return Object.hasOwn(notices, event)
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
