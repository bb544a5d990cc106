import type { Exchange } from '@portcullis/policy-kit/exchange'
import { HeaderList } from '@portcullis/policy-kit/message/header-list'
import type { Reply } from '@portcullis/policy-kit/message/reply'
import { hasAlready, notModifiedFields } from './condition.ts'
import { ageAt, freshLeft, type KeptReply } from './kept-reply.ts'

const NOT_MODIFIED = 304

/** What the reply says of how it came about (RFC 9211): `hit`, or why it was fetched. */
export function markReply(headers: HeaderList, how: string): void {
  headers.append('Cache-Status', `Portcullis; ${how}`)
}

/** A kept reply as this caller gets it. */
export function answerWith(kept: KeptReply, { request }: Exchange, now: number, how: string): Reply {
  const isKnown = hasAlready(request.headers, kept)
  const fields = isKnown ? notModifiedFields(kept.fields) : [...kept.fields]
  const headers = new HeaderList(fields)
  headers.append('Age', String(Math.floor(ageAt(kept, now) / 1000)))
  markReply(headers, `${how}; ttl=${Math.floor(freshLeft(kept, now) / 1000)}`)
  const hasBody = !isKnown && request.method !== 'HEAD' && kept.body.byteLength > 0
  return { status: isKnown ? NOT_MODIFIED : kept.status, headers, body: hasBody ? kept.body : undefined }
}

/** Puts one reply in the place of another. */
export function replaceReply(reply: Reply, other: Reply): void {
  reply.status = other.status
  reply.headers.removeIfSpelled(() => true)
  const fields = other.headers.flat()
  for (let i = 0; i < fields.length; i += 2)
    reply.headers.append(fields[i] as string, fields[i + 1] as string)
  reply.body = other.body
  reply.trailers = undefined
}
