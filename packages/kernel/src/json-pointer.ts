import { z } from './schema.ts'

/** A JSON Pointer (RFC 6901) taken apart: the names on the way from the whole value to what is meant. */
export type PointerPath = readonly string[]

const MAX_NAMES = 8

/** A pointer as operators write it: `/realm_access/roles`; a slash within a name is `~1`, a tilde `~0`. */
export const jsonPointer = () =>
  z
    .string()
    .max(256)
    .refine(isPointer, 'a JSON Pointer (RFC 6901): /name or /name/name, with ~1 for a slash within a name')

export function pathOf(pointer: string): PointerPath {
  return pointer
    .split('/')
    .slice(1)
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** What lies there; `undefined` where nothing does. Own members only, and elements of lists by their number. */
export function valueAt(value: unknown, path: PointerPath): unknown {
  let found = value
  for (const name of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name)) return undefined
    // A list has a length of its own, which is no element (RFC 6901 §4).
    if (Array.isArray(found) && !/^\d+$/.test(name)) return undefined
    found = (found as Record<string, unknown>)[name]
  }
  return found
}

function isPointer(text: string): boolean {
  if (!text.startsWith('/')) return false
  return text.split('/').length <= MAX_NAMES + 1 && !/~(?![01])/.test(text)
}
