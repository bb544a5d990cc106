import { readText } from '@portcullis/kernel/fetch'
import { freshMillis } from './cache-life.ts'

/** The draft's five kilobytes (§8.7) are soon spent on keys. */
const MOST_BYTES = 16 * 1024

/** Why there is no document. `isAway`: its host does not say so; what is known of it may still hold. */
export class NoDocument extends Error {
  readonly isAway: boolean

  constructor(why: string, isAway: boolean, options?: ErrorOptions) {
    super(why, options)
    this.isAway = isAway
  }
}

export interface FetchedDocument {
  readonly document: unknown
  readonly freshMillis: number
}

/** Sends a GET with a time limit for all of the answer, follows nothing, and never leads into a private network. */
export type AskForDocument = (url: string) => Promise<Response>

/**
 * Fetches what lies at a `client_id` (draft-ietf-oauth-client-id-metadata-document-02 §5): JSON, in an answer with status
 * 200 of the address itself.
 *
 * @throws NoDocument
 */
export async function fetchDocument(
  url: string,
  ask: AskForDocument,
  nowMillis: number,
): Promise<FetchedDocument> {
  const answer = await ask(url).catch((cause: unknown) => {
    throw new NoDocument(`it can’t be fetched: ${reasonOf(cause)}`, true, { cause })
  })
  const { status, headers } = answer
  if (status !== 200 || !isJson(headers.get('content-type'))) {
    await answer.body?.cancel()
    const what = status === 200 ? 'it is not JSON by its Content-Type' : `the answer has status ${status}`
    throw new NoDocument(what, status >= 500 || status === 429)
  }
  const text = await readText(answer, MOST_BYTES).catch((cause: unknown) => {
    throw new NoDocument(reasonOf(cause), false, { cause })
  })
  return { document: parsed(text), freshMillis: freshMillis(headers, nowMillis) }
}

/** `application/json`, or a type that is built on it (RFC 6839 §3.1). */
function isJson(type: string | null): boolean {
  return /^application\/(?:[\w.-]{1,64}\+)?json$/i.test((type ?? '').split(';', 1)[0]?.trim() ?? '')
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new NoDocument('it is no JSON', false, { cause })
  }
}

function reasonOf(thrown: unknown): string {
  const cause = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown
  return cause instanceof Error ? cause.message : String(cause)
}
