/** What a `WWW-Authenticate` value of the Bearer scheme says (RFC 6750 §3). */
export interface BearerChallenge {
  readonly realm: string
  readonly error?: 'invalid_request' | 'invalid_token' | 'insufficient_scope'
  readonly errorDescription?: string
  /** The scopes that would do, divided by spaces. */
  readonly scope?: string
}

/** Writes a challenge. Without an error code when the caller sent no credentials (RFC 6750 §3.1). */
export function bearerChallenge({ realm, error, errorDescription, scope }: BearerChallenge): string {
  const parameters = [`realm=${quoted(realm)}`]
  if (error !== undefined) parameters.push(`error=${quoted(error)}`)
  if (errorDescription !== undefined) parameters.push(`error_description=${quoted(errorDescription)}`)
  if (scope !== undefined && scope !== '') parameters.push(`scope=${quoted(scope)}`)
  return `Bearer ${parameters.join(', ')}`
}

/**
 * A quoted-string of the characters that RFC 6750 §3 allows: printable ASCII without quote and backslash. Others
 * are replaced, so that no text can end its own quotes or break the line.
 */
export function quoted(text: string): string {
  let safe = ''
  for (const character of text) safe += isQuotable(character) ? character : '?'
  return `"${safe}"`
}

function isQuotable(character: string): boolean {
  return character >= ' ' && character <= '~' && character !== '"' && character !== '\\'
}
