import { kindOf } from './field-kind.ts'
import { isFieldValue } from './field-value.ts'
import { wordsOf } from './list.ts'

/** Fields that are needed before the content, or say who asks and what for: no trailer may (RFC 9110 §6.5.1). */
const NOT_IN_TRAILERS = new Set([
  'age',
  'authorization',
  'cache-control',
  'content-encoding',
  'content-range',
  'content-type',
  'cookie',
  'date',
  'expires',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'location',
  'max-forwards',
  'pragma',
  'range',
  'retry-after',
  'set-cookie',
  'vary',
  'www-authenticate',
])

/** The names that a `Trailer` field announces, in lower case, less those that no trailer may have (RFC 9110 §6.6.2). */
export function announcedTrailers(trailer: string | undefined): readonly string[] {
  return trailer === undefined ? NONE : wordsOf(trailer).filter(mayTrail)
}
const NONE: readonly string[] = []

/** Those of the fields behind a body that were announced; nobody counts on the others. */
export function keepAnnounced(fields: readonly string[], trailer: string | undefined): readonly string[] {
  if (fields.length === 0) return NONE
  const names = announcedTrailers(trailer)
  const kept: string[] = []
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string
    if (names.includes(name.toLowerCase())) kept.push(name, fields[i + 1] as string)
  }
  return kept
}

/** The lines that are written of these fields behind the last chunk: those announced, and that can be fields at all. */
export function composeTrailers(fields: readonly string[], trailer: string | undefined): string {
  const kept = keepAnnounced(fields, trailer)
  let lines = ''
  for (let i = 0; i < kept.length; i += 2) {
    const value = kept[i + 1] as string
    if (isFieldValue(value)) lines += `${kept[i]}: ${value}\r\n`
  }
  return lines
}

function mayTrail(name: string): boolean {
  return kindOf(name) === 'other' && !NOT_IN_TRAILERS.has(name)
}
