/** Which list decided on an app, and how. */
export interface Admission {
  readonly admitted: boolean
  readonly list: 'allow' | 'deny' | 'none'
}

/** `deny` wins over `allow`; an empty `allow` admits everybody else. */
export function admit(app: string, allow: ReadonlySet<string>, deny: ReadonlySet<string>): Admission {
  if (deny.has(app)) return { admitted: false, list: 'deny' }
  if (allow.size === 0) return { admitted: true, list: 'none' }
  return { admitted: allow.has(app), list: 'allow' }
}
