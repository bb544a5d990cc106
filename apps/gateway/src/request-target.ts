/** Where a request goes: the authority that it names and the target in origin form (RFC 9112 §3.2.1). */
export interface RequestTarget {
  readonly host: string
  readonly target: string
}

const ABSOLUTE = ['http://', 'https://']

/**
 * Reads the request line's target. In absolute form its authority counts and the Host field does not (RFC 9112
 * §3.2.2). `undefined` for every other form, for user information and for fragments: nobody may send those.
 */
export function readTarget(target: string, hostField: string): RequestTarget | undefined {
  if (target.includes('#')) return undefined
  if (target.startsWith('/')) return isHost(hostField) ? { host: hostField, target } : undefined
  const scheme = ABSOLUTE.find((each) => target.slice(0, each.length).toLowerCase() === each)
  if (scheme === undefined) return undefined
  const end = firstOf(target, scheme.length)
  const host = target.slice(scheme.length, end)
  const rest = target.slice(end)
  if (!isHost(host)) return undefined
  return { host, target: rest.startsWith('/') ? rest : `/${rest}` }
}

/** The host name of an authority, as environments name it: in lower case and without port. */
export function hostName(authority: string): string {
  const end = authority.startsWith('[') ? authority.indexOf(']') + 1 : authority.indexOf(':')
  return (end > 0 ? authority.slice(0, end) : authority).toLowerCase()
}

function firstOf(target: string, from: number): number {
  const slash = target.indexOf('/', from)
  const query = target.indexOf('?', from)
  if (slash === -1 && query === -1) return target.length
  if (slash === -1 || query === -1) return Math.max(slash, query)
  return Math.min(slash, query)
}

/** uri-host and an optional port (RFC 9110 §7.2): letters, digits and `.-_~`, or an IPv6 address in brackets. */
function isHost(authority: string): boolean {
  return (
    authority.length <= 300 && /^(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{0,5})?$/.test(authority)
  )
}
