import type { FaultKind, Place } from '@portcullis/kernel/fault'
import { type Finding, findingOf } from '@portcullis/model/finding/finding'

/** Counted from 1, columns in UTF-16 code units. */
export interface Position {
  readonly line: number
  readonly column: number
}

/** One document of a file: its value as plain JSON, and where each part of it stands. */
export interface SourceDocument {
  readonly file: string
  /** Null, booleans, finite numbers, strings, arrays and objects; no object occurs in it twice. */
  readonly value: unknown
  /**
   * Where the value at a JSON Pointer (RFC 6901) stands: its key where it has one. Of a pointer that leads nowhere,
   * the last part that is there.
   */
  locate(pointer: string): Position
}

export interface Source {
  /** Those that could be read. */
  readonly documents: readonly SourceDocument[]
  readonly findings: readonly Finding[]
}

/** What is accepted of a file that anybody may have written. */
export interface SourceLimits {
  readonly maxBytes: number
  /** How deep collections may stand in each other. */
  readonly maxDepth: number
  readonly maxDocuments: number
  /** How many values aliases may add to those that are written out. */
  readonly maxAliasedValues: number
}

export const declarationLimits: SourceLimits = {
  maxBytes: 1024 * 1024,
  maxDepth: 100,
  maxDocuments: 1000,
  maxAliasedValues: 10_000,
}

/** A finding of an error at a position. */
export function errorAt(kind: FaultKind, place: Place, detail: string, remedy?: string): Finding {
  return findingOf(kind({ detail, place, ...(remedy !== undefined && { remedy }) }))
}

/** The keys of a JSON Pointer (RFC 6901 §4). */
export function keysOf(pointer: string): string[] {
  if (pointer === '') return []
  return pointer
    .slice(1)
    .split('/')
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** Sets a property that is the object's own whatever its name: `__proto__` is a name like any other. */
export function setOwn(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })
  } else {
    object[key] = value
  }
}
