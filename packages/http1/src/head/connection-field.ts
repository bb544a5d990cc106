import { type Fields, isNamed } from './field-line.ts'
import { wordsOf } from './list.ts'

/** Fields that speak of one connection and end there (RFC 9110 §7.6.1), by the length of their name. */
const BY_LENGTH: readonly (readonly string[] | undefined)[] = byLength([
  'te',
  'expect',
  'upgrade',
  'trailer',
  'connection',
  'keep-alive',
  'http2-settings',
  'proxy-connection',
  'transfer-encoding',
  'proxy-authenticate',
  'proxy-authorization',
])

function byLength(names: readonly string[]): (string[] | undefined)[] {
  const table: (string[] | undefined)[] = []
  for (const name of names) {
    table[name.length] ??= []
    table[name.length]?.push(name)
  }
  return Array.from(table)
}

/** Whether a field ends with the connection on which it came. The length tells most names apart before any is lowered. */
export function isOfConnection(name: string): boolean {
  const names = BY_LENGTH[name.length]
  if (names === undefined) return false
  for (const each of names) if (isNamed(name, each)) return true
  return false
}

/** Takes the fields of this connection out of the list, those that its Connection field names among them. */
export function dropConnectionFields(fields: Fields, connection: string | undefined): void {
  const named = connection === undefined ? NONE : namedBy(connection)
  let kept = 0
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string
    if (isOfConnection(name) || (named.length > 0 && named.includes(name.toLowerCase()))) continue
    if (kept !== i) {
      fields[kept] = name
      fields[kept + 1] = fields[i + 1] as string
    }
    kept += 2
  }
  fields.length = kept
}

const NONE: readonly string[] = []

/**
 * What states the length of the content stays, whatever is said about it: dropping it would let two readers find
 * different ends.
 */
function namedBy(connection: string): readonly string[] {
  if (connection === 'keep-alive' || connection === 'close') return NONE
  return wordsOf(connection).filter((word) => word !== 'content-length')
}
