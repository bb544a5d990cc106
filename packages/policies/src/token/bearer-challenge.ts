/** What a `WWW-Authenticate` value for access tokens says (RFC 6750 §3, RFC 9449 §7.1). */
export interface BearerChallenge {
  /** `Bearer` when absent. */
  readonly scheme?: 'Bearer' | 'DPoP'
  readonly realm: string
  readonly error?:
    | 'invalid_request'
    | 'invalid_token'
    | 'insufficient_scope'
    | 'invalid_dpop_proof'
    | 'use_dpop_nonce'
    | 'insufficient_user_authentication'
  readonly errorDescription?: string
  /** The scopes that would do, divided by spaces. */
  readonly scope?: string
  /** The ways to sign in that would do, and how long ago at most (RFC 9470 §3). */
  readonly acrValues?: readonly string[]
  readonly maxAgeSeconds?: number
  /** The algorithms for DPoP proofs. */
  readonly algs?: readonly string[]
  /** Where the metadata of the API stand (RFC 9728 §5.1). */
  readonly resourceMetadata?: string | undefined
}

/** Writes a challenge. Without an error code when the caller sent no credentials (RFC 6750 §3.1). */
export function bearerChallenge(challenge: BearerChallenge): string {
  const {
    scheme = 'Bearer',
    realm,
    error,
    errorDescription,
    scope,
    algs,
    acrValues,
    maxAgeSeconds,
  } = challenge
  const parameters = [`realm=${quoted(realm)}`]
  if (error !== undefined) parameters.push(`error=${quoted(error)}`)
  if (errorDescription !== undefined) parameters.push(`error_description=${quoted(errorDescription)}`)
  if (scope !== undefined && scope !== '') parameters.push(`scope=${quoted(scope)}`)
  if (acrValues !== undefined) parameters.push(`acr_values=${quoted(acrValues.join(' '))}`)
  if (maxAgeSeconds !== undefined) parameters.push(`max_age=${quoted(String(maxAgeSeconds))}`)
  if (algs !== undefined) parameters.push(`algs=${quoted(algs.join(' '))}`)
  const { resourceMetadata } = challenge
  if (resourceMetadata !== undefined) parameters.push(`resource_metadata=${quoted(resourceMetadata)}`)
  return `${scheme} ${parameters.join(', ')}`
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
