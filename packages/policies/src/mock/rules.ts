import type { ExampleReply } from '@portcullis/model/example-reply'
import type { Preference } from './preference.ts'

export type Choice =
  | { readonly reply: ExampleReply }
  | { readonly refused: 'no-example' | 'not-shown' | 'not-acceptable' }

/**
 * Chooses the reply: of the status that is preferred or set, else the lowest that means success, else the lowest; of those
 * the example that is preferred; of those the media type that is wanted most, the first of the contract where several are.
 */
export function chooseReply(
  replies: readonly ExampleReply[],
  preference: Preference,
  wanted: (mediaType: string) => number,
): Choice {
  if (replies.length === 0) return { refused: 'no-example' }
  const named =
    preference.example === undefined ? replies : replies.filter((each) => each.name === preference.example)
  const status = preference.status ?? usualStatus(named)
  const fitting = named.filter((each) => each.status === status)
  if (fitting.length === 0) return { refused: 'not-shown' }
  const weighed = fitting.map((reply) => ({ reply, weight: weightOf(reply, wanted) }))
  const best = weighed.reduce((a, b) => (b.weight > a.weight ? b : a))
  return best.weight > 0 ? { reply: best.reply } : { refused: 'not-acceptable' }
}

/** What has no content is acceptable to everybody. */
function weightOf({ mediaType }: ExampleReply, wanted: (mediaType: string) => number): number {
  return mediaType === undefined ? 1 : wanted(mediaType)
}

function usualStatus(replies: readonly ExampleReply[]): number | undefined {
  const statuses = replies.map(({ status }) => status).toSorted((a, b) => a - b)
  return statuses.find((status) => status < 300) ?? statuses[0]
}
