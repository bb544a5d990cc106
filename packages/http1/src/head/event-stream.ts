import type { Fields } from './field-line.ts'

/** Whether content is a stream of events (HTML standard, "Server-sent events"), which goes on until somebody ends it. */
export function isEventStream(fields: Fields): boolean {
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string
    if (name.length === 12 && name.toLowerCase() === 'content-type') {
      return isEventStreamType(fields[i + 1] as string)
    }
  }
  return false
}

export function isEventStreamType(contentType: string): boolean {
  return /^text\/event-stream *(?:;|$)/i.test(contentType)
}
