/**
 * A field's name as servers of the CGI family read it (RFC 3875 §4.1.18): for them `X_User` is `X-User`. Who takes a field
 * away from a caller, or states what it says, means both.
 */
export function readName(name: string): string {
  const lower = name.toLowerCase()
  return lower.includes('_') ? lower.replaceAll('_', '-') : lower
}
