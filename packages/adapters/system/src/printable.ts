import { types } from 'node:util'
import { Fault } from '@portcullis/kernel/fault'
import { Secret } from '@portcullis/kernel/secret'

/** What a line of the log holds at most, whatever is handed to it. */
const MAX_TEXT_CHARACTERS = 2048
const MAX_STACK_CHARACTERS = 4096
const MAX_ENTRIES = 64
const MAX_DEPTH = 5
const MAX_LINE_CHARACTERS = 16_384

/** How much may still be printed in this line. */
interface Room {
  characters: number
}

/**
 * A value as the log prints it: plain JSON of bounded size. Secrets are masked, bytes are counted and not shown, faults and errors
 * are told with their causes. Never throws: what cannot be read says so.
 */
export function printable(value: unknown): unknown {
  return print(value, 0, { characters: MAX_LINE_CHARACTERS })
}

/** A text of bounded length. */
export function clipped(text: string, maxCharacters = MAX_TEXT_CHARACTERS): string {
  if (text.length <= maxCharacters) return text
  return `${text.slice(0, maxCharacters)}… (${text.length} characters)`
}

function print(value: unknown, depth: number, room: Room): unknown {
  try {
    if (room.characters <= 0) return '…'
    return typeof value === 'object' && value !== null
      ? printObject(value, depth, room)
      : printScalar(value, room)
  } catch {
    return '[unreadable]' // a getter or proxy of somebody else threw; the line itself must still be written
  }
}

function printScalar(value: unknown, room: Room): unknown {
  if (typeof value === 'string') return spend(value, MAX_TEXT_CHARACTERS, room)
  room.characters -= 8
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  if (value === null || value === undefined || typeof value === 'boolean') return value
  if (typeof value === 'function') return '[function]'
  return spend(String(value), MAX_TEXT_CHARACTERS, room)
}

function printObject(value: object, depth: number, room: Room): unknown {
  room.characters -= 4
  if (isPlain(value) && depth < MAX_DEPTH) return printEntries(Object.entries(value), depth, room)
  if (value instanceof Secret) return value.toString()
  if (types.isKeyObject(value) || types.isCryptoKey(value)) return '[key]'
  if (ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value)) return `[${value.byteLength} bytes]`
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString()
  if (value instanceof URL) return spend(value.href, MAX_TEXT_CHARACTERS, room)
  if (depth >= MAX_DEPTH) return '…'
  if (value instanceof Fault) return printFault(value, depth, room)
  if (value instanceof Error) return printError(value, depth, room)
  if (value instanceof Map) return printEntries(value.entries(), depth, room)
  if (value instanceof Set) return printList(value, value.size, depth, room)
  if (Array.isArray(value)) return printList(value, value.length, depth, room)
  return printEntries(Object.entries(value), depth, room)
}

/** It is what it shows, as nearly all are that are logged. Node finds out whether something is a key by an error that it throws. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/** The code, what the caller was told, what only we may know, and what to do. Its stack says less than its cause. */
function printFault(fault: Fault, depth: number, room: Room): unknown {
  const { code, status, detail, message, remedy, place, cause } = fault
  const told = { code, status, detail, internal: message, remedy, place, cause }
  return printEntries(Object.entries(told), depth, room)
}

function printError(error: Error, depth: number, room: Room): unknown {
  const stack = spend(error.stack ?? String(error), MAX_STACK_CHARACTERS, room)
  const { name, message, stack: _, ...more } = error as Error & Record<string, unknown>
  const errors = error instanceof AggregateError ? error.errors : undefined
  const told = { name, message, ...more, errors, cause: error.cause }
  return { ...(printEntries(Object.entries(told), depth, room) as object), stack }
}

function printList(list: Iterable<unknown>, size: number, depth: number, room: Room): unknown[] {
  const shown: unknown[] = []
  for (const each of list) {
    if (shown.length === MAX_ENTRIES || room.characters <= 0) return [...shown, `… (${size} entries)`]
    shown.push(print(each, depth + 1, room))
  }
  return shown
}

function printEntries(entries: Iterable<[unknown, unknown]>, depth: number, room: Room): object {
  const shown: [string, unknown][] = []
  for (const [key, value] of entries) {
    if (shown.length === MAX_ENTRIES || room.characters <= 0) {
      shown.push(['…', 'there is more'])
      break
    }
    if (value !== undefined) shown.push([spend(String(key), 128, room), print(value, depth + 1, room)])
  }
  return Object.fromEntries(shown)
}

function spend(text: string, maxCharacters: number, room: Room): string {
  const shown = clipped(text, Math.min(maxCharacters, Math.max(room.characters, 0)))
  room.characters -= shown.length
  return shown
}
