import { isEventStreamType } from '@portcullis/http1/head/event-stream'
import type { StandingTerms } from '@portcullis/policy-kit/standing/standing-terms'
import type { LongReply } from './long-reply.ts'

/**
 * Media types of replies that bring one item after the other for as long as there are any: lines of JSON, sequences of
 * JSON (RFC 7464, RFC 8091), frames of pictures, messages of gRPC.
 */
const streams: ReadonlySet<string> = new Set([
  'application/x-ndjson',
  'application/ndjson',
  'application/jsonl',
  'application/x-jsonlines',
  'application/json-seq',
  'application/stream+json',
  'multipart/x-mixed-replace',
])

/** Whether a reply of this media type goes on standing, and as what; `undefined` where not. */
export function longReplyKind(
  contentType: string | undefined,
  terms: StandingTerms | undefined,
): LongReply['kind'] | undefined {
  const usual = contentType === undefined ? undefined : usualKind(contentType)
  if (usual !== undefined || terms === undefined) return usual
  const isMeant = terms.all || (contentType !== undefined && terms.types.includes(bareType(contentType)))
  return isMeant ? 'reply' : undefined
}

/** Backends say few types, again and again. */
const known = new Map<string, LongReply['kind'] | undefined>()
const MAX_KNOWN = 200

function usualKind(contentType: string): LongReply['kind'] | undefined {
  if (known.has(contentType)) return known.get(contentType)
  const kind = kindOf(contentType)
  if (known.size >= MAX_KNOWN) known.clear()
  known.set(contentType, kind)
  return kind
}

function kindOf(contentType: string): LongReply['kind'] | undefined {
  if (isEventStreamType(contentType)) return 'event-stream'
  const type = bareType(contentType)
  const isStream =
    streams.has(type) || type.endsWith('+json-seq') || /^application\/grpc(-web(-text)?)?(\+|$)/.test(type)
  return isStream ? 'reply' : undefined
}

function bareType(contentType: string): string {
  return (contentType.split(';', 1)[0] as string).trim().toLowerCase()
}
