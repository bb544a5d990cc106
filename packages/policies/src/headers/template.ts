import { jsonPointer, type PointerPath, pathOf, valueAt } from '@portcullis/kernel/json-pointer'
import type { Exchange } from '@portcullis/policy-kit/exchange'

/** What a value may speak of. `undefined`: not known of this call. */
const PLACEHOLDERS = {
  /** The app. */
  client: (x: Exchange) => x.principal?.client,
  /** The person or app that the token speaks of. */
  subject: (x: Exchange) => x.principal?.subject,
  /** The caller’s address. */
  address: (x: Exchange) => x.request.remoteAddress,
  /** What the token permits, divided by spaces. */
  scopes: (x: Exchange) => x.principal && [...x.principal.scopes].join(' '),
  /** The decision id. */
  decision: (x: Exchange) => x.id,
  operation: (x: Exchange) => x.match?.operation.id,
  /** Name and version: `warehouse/v1`. */
  api: (x: Exchange) => x.match && `${x.match.api.api}/${x.match.api.version}`,
  /** The plan under which the app calls. */
  plan: (x: Exchange) => x.subscriber?.plan,
} as const

type Placeholder = keyof typeof PLACEHOLDERS
const NAMES = Object.keys(PLACEHOLDERS) as Placeholder[]

/** A piece of a value: text as it stands, or what is put in its place. */
export type Piece = string | { readonly placeholder: Placeholder } | { readonly claim: PointerPath }

export type TemplateReading = { readonly pieces: readonly Piece[] } | { readonly problem: string }

/** Reads a value with placeholders in braces; a brace itself is written twice. */
export function readTemplate(text: string): TemplateReading {
  if (!isFieldValue(text)) {
    return { problem: 'a field value is printable ASCII, without line breaks and without spaces at its ends' }
  }
  const pieces: Piece[] = []
  let literal = ''
  for (let i = 0; i < text.length; i++) {
    const character = text.charAt(i)
    if ((character === '{' || character === '}') && text.charAt(i + 1) === character) {
      literal += character
      i++
    } else if (character === '{') {
      const end = text.indexOf('}', i)
      const name = text.slice(i + 1, end < 0 ? undefined : end)
      const piece = end < 0 ? undefined : pieceOf(name)
      if (piece === undefined) return { problem: unknownPlaceholder(name) }
      if (literal !== '') pieces.push(literal)
      pieces.push(piece)
      literal = ''
      i = end
    } else if (character === '}') {
      return { problem: 'a closing brace that closes nothing; write }} for a brace' }
    } else {
      literal += character
    }
  }
  if (literal !== '' || pieces.length === 0) pieces.push(literal)
  return { pieces }
}

const CLAIM = 'claim'
const pointer = jsonPointer()

function pieceOf(name: string): Exclude<Piece, string> | undefined {
  const placeholder = NAMES.find((each) => each === name)
  if (placeholder !== undefined) return { placeholder }
  const path = name.startsWith(`${CLAIM}/`) ? name.slice(CLAIM.length) : ''
  return pointer.safeParse(path).success ? { claim: pathOf(path) } : undefined
}

function unknownPlaceholder(name: string): string {
  const known = NAMES.map((each) => `{${each}}`).join(' ')
  return `{${name.slice(0, 32)}} is no placeholder; there are ${known} {claim/NAME}, and {{ for a brace`
}

/** Printable ASCII with spaces and tabs inside (RFC 9110 §5.5): no CR, LF or NUL, by which a field could end. */
export function isFieldValue(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const character = text.charCodeAt(i)
    if (character === TAB || character === SPACE) {
      if (i === 0 || i === text.length - 1) return false
    } else if (character < SPACE || character > TILDE) {
      return false
    }
  }
  return true
}

/** Writes the value for a call; `undefined` where something that it speaks of is not known. */
/** The claims that a value speaks of, by their path. */
export function claimsIn(text: string): readonly PointerPath[] {
  const reading = readTemplate(text)
  if ('problem' in reading) return []
  return reading.pieces.flatMap((piece) =>
    typeof piece === 'object' && 'claim' in piece ? [piece.claim] : [],
  )
}

export type Render = (x: Exchange) => string | undefined

/**
 * A text that speaks of no call stays a text.
 *
 * @throws RangeError on a text that `readTemplate` finds a problem with; schemas have said so before.
 */
export function compileTemplate(text: string): string | Render {
  const reading = readTemplate(text)
  if ('problem' in reading) throw new RangeError(reading.problem)
  const { pieces } = reading
  const [first] = pieces
  if (pieces.length === 1 && typeof first === 'string') return first
  const writers = pieces.map(writerOf)
  return (x) => {
    let value = ''
    for (const write of writers) {
      const part = write(x)
      if (part === undefined) return undefined
      value += part
    }
    return value
  }
}

function writerOf(piece: Piece): Render {
  if (typeof piece === 'string') return () => piece
  if ('placeholder' in piece) return PLACEHOLDERS[piece.placeholder]
  return ({ principal }) => textOf(valueAt(principal?.claims, piece.claim))
}

/** A claim as a field can carry it: a list with commas, unless an element could pass for two. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (!Array.isArray(value)) return undefined
  const parts = value.map((each) => (Array.isArray(each) ? undefined : textOf(each)))
  return parts.every((each) => each !== undefined && !each.includes(',')) ? parts.join(',') : undefined
}

const TAB = 0x09
const SPACE = 0x20
const TILDE = 0x7e
