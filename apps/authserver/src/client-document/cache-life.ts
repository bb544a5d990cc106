import { readDirectives, secondsOf } from '@portcullis/policies/cache/directive'

/** However seldom its host allows it: a document is asked for again after a day, and not more than once a minute. */
const LEAST_MILLIS = 60_000
const MOST_MILLIS = 86_400_000
/** Where its host says nothing. */
const UNSAID_MILLIS = 300_000

/** For how long an answer is fresh (RFC 9111 §4.2), within our bounds: draft-ietf-oauth-client-id-metadata-document-02 §5.2. */
export function freshMillis(headers: Headers, nowMillis: number): number {
  return Math.min(MOST_MILLIS, Math.max(LEAST_MILLIS, statedMillis(headers, nowMillis) ?? UNSAID_MILLIS))
}

function statedMillis(headers: Headers, nowMillis: number): number | undefined {
  const directives = readDirectives([headers.get('cache-control') ?? ''])
  if (directives.has('no-store') || directives.has('no-cache')) return 0
  const seconds = secondsOf(directives, 'max-age')
  const age = Number(headers.get('age') ?? 0)
  if (seconds !== undefined) return (seconds - (age >= 0 ? age : 0)) * 1000
  const expires = headers.get('expires')
  if (expires === null) return undefined
  const date = Date.parse(headers.get('date') ?? '')
  const millis = Date.parse(expires) - (Number.isFinite(date) ? date : nowMillis)
  return Number.isFinite(millis) ? millis : 0
}
