import { fieldNameOf } from './field-kind.ts'
import { isFieldValue } from './field-value.ts'

/** Fields as they are sent, and what they said that is not sent as it is. */
export interface ComposedFields {
  /** Lines, each behind the CRLF that ends the one before it: so a line is put together from two texts and not from four. */
  readonly text: string
  /** A Content-Length among them; it is left out of the text, because the framing is ours to write. */
  readonly declaredLength: number | undefined
  readonly hasDate: boolean
  /** Which fields are to follow the body; left out of the text, because it may be that none can. */
  readonly trailer: string | undefined
}

const DIGITS = /^[0-9]{1,15}$/

/**
 * Writes the fields of a response, less those that frame it or speak of its connection. Throws for a name or value that
 * would be read as something else: whoever makes responses may pass on what callers wrote.
 */
export function composeFields(fields: readonly string[]): ComposedFields {
  let text = ''
  let declaredLength: number | undefined
  let hasDate = false
  let trailer: string | undefined
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string
    const value = fields[i + 1] as string
    const { kind, lead } = fieldNameOf(name)
    if (kind === 'no-name') throw new TypeError(`${JSON.stringify(name)} is no field name`)
    if (!isFieldValue(value))
      throw new TypeError(`the value of ${name} holds a character that no field can hold`)
    if (kind === 'framing') continue
    if (kind === 'content-length') {
      declaredLength = lengthOf(value)
      continue
    }
    if (kind === 'trailer') {
      trailer = trailer === undefined ? value : `${trailer}, ${value}`
      continue
    }
    hasDate ||= kind === 'date'
    text += lead + value
  }
  return { text, declaredLength, hasDate, trailer }
}

function lengthOf(value: string): number {
  if (!DIGITS.test(value)) throw new TypeError('the value of Content-Length is no length')
  return Number(value)
}
