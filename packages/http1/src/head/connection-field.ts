import { kindOf } from './field-kind.ts'
import type { Fields } from './field-line.ts'
import { wordsOf } from './list.ts'

/** Whether a field ends with the connection on which it came. */
function isOfConnection(name: string): boolean {
  const kind = kindOf(name)
  return kind === 'framing' || kind === 'of-connection'
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
  if (kept < fields.length) fields.length = kept
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
