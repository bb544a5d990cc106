/** The host name of an authority, as environments name it: in lower case and without port. */
export function hostName(authority: string): string {
  const end = authority.startsWith('[') ? authority.indexOf(']') + 1 : authority.indexOf(':')
  return (end > 0 ? authority.slice(0, end) : authority).toLowerCase()
}
