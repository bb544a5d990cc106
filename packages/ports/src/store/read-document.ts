import type { Document } from './port.ts'

/** A document from what an engine keeps of it, so that nobody can change it: others may be given the same one. */
export function readDocument<T>(
  id: string,
  version: number,
  json: string,
  expiresAt: number | undefined,
): Document<T> {
  const value = freeze(JSON.parse(json) as T)
  return Object.freeze(expiresAt === undefined ? { id, version, value } : { id, version, value, expiresAt })
}

/** What was read from JSON, to its last member. */
function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  for (const member of Object.values(value)) freeze(member)
  return Object.freeze(value)
}

/** A copy of what was read from JSON, for whoever wants to change it. */
export function copyOf<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(copyOf) as T
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, copyOf(member)])) as T
}
