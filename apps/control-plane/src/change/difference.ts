import type { Difference } from '@portcullis/api-client/route/bundle'
import { canonicalJson } from '@portcullis/kernel/json'
import { pointer } from '@portcullis/kernel/schema'

/** More than a person reads; what was left out shows in the next comparison. */
const MAX_DIFFERENCES = 200

/** What differs between two plain values, each with the JSON Pointer that leads to it. */
export function differencesOf(before: unknown, after: unknown, at = ''): Difference[] {
  return collect(before, after, at).slice(0, MAX_DIFFERENCES)
}

function collect(before: unknown, after: unknown, at: string): Difference[] {
  // As JSON, for that is how they are stored: 0 and -0 are one, and the order of keys says nothing.
  if (canonicalJson(before) === canonicalJson(after)) return []
  if (isRecord(before) && isRecord(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])]
    return keys.flatMap((key) => collect(before[key], after[key], pointer([key], at)))
  }
  if (Array.isArray(before) && Array.isArray(after)) {
    const length = Math.max(before.length, after.length)
    return Array.from({ length }, (_, i) => collect(before[i], after[i], pointer([i], at))).flat()
  }
  return [{ path: at, ...(before !== undefined && { before }), ...(after !== undefined && { after }) }]
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
