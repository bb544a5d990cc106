import { normalizePath } from '@portcullis/model/route/normalize-path'
import type { Exchange } from '@portcullis/policy-kit/exchange'
import { ANY, isOrigin } from '../setting/page-origin.ts'

/** What a target may speak of, apart from the variables of the operation's path. */
const PLACES = ['path', 'rest', 'query'] as const
type Place = (typeof PLACES)[number]

type Piece = string | { readonly place: Place } | { readonly parameter: string }

export type TargetReading = { readonly pieces: readonly Piece[] } | { readonly problem: string }

/** Where the caller is sent; `undefined` where the call has nothing for a variable. */
export type WriteTarget = (x: Exchange) => string | undefined

/**
 * Reads where callers are sent. Scheme and host are written out: nothing of a call can change to whom it goes. A target
 * without them stays with the host that was called.
 */
export function readTarget(text: string): TargetReading {
  if (!isVisible(text)) return { problem: 'a URL or a path of visible ASCII characters, without \\ and #' }
  const { authority, rest } = splitAuthority(text)
  if (authority !== undefined && (authority === ANY || !isOrigin(authority))) {
    return { problem: 'scheme and host are written out: https://api.example/v2{rest}{query}' }
  }
  const pieces = piecesOf(rest)
  if (typeof pieces === 'string') return { problem: pieces }
  const [first, second] = pieces
  const beginsWithPath = isPlace(first, 'path') || isPlace(first, 'rest')
  if (!beginsWithPath && (typeof first !== 'string' || !first.startsWith('/'))) {
    return { problem: 'after the host, or at the beginning, comes / or {path} or {rest}' }
  }
  // `//host/…` would name another host (RFC 3986 §4.2), written or put together.
  const isDouble =
    rest.startsWith('//') || (first === '/' && (isPlace(second, 'path') || isPlace(second, 'rest')))
  if (isDouble) return { problem: '{path} and {rest} begin with / already' }
  return { pieces: authority === undefined ? pieces : [authority, ...pieces] }
}

/** The variables of a path that a target speaks of. */
export function variablesIn(text: string): string[] {
  const reading = readTarget(text)
  if ('problem' in reading) return []
  return reading.pieces.flatMap((piece) =>
    typeof piece === 'object' && 'parameter' in piece ? [piece.parameter] : [],
  )
}

/** @throws RangeError on a text that `readTarget` finds a problem with; schemas have said so before. */
export function compileTarget(text: string): WriteTarget {
  const reading = readTarget(text)
  if ('problem' in reading) throw new RangeError(reading.problem)
  const writers = reading.pieces.map(writerOf)
  return (x) => {
    let target = ''
    for (const write of writers) {
      const part = write(x)
      if (part === undefined) return undefined
      target += part
    }
    return target
  }
}

function writerOf(piece: Piece): WriteTarget {
  if (typeof piece === 'string') return () => piece
  if ('parameter' in piece) {
    return ({ match }) => {
      const value = match?.parameters[piece.parameter]
      return value === undefined ? undefined : encodeURIComponent(value)
    }
  }
  if (piece.place === 'query') return ({ request }) => queryOf(request.target)
  if (piece.place === 'path') return ({ request }) => pathOf(request.target)
  return ({ request, match }) => withSlash(pathOf(request.target)?.slice(match?.api.basePath.length))
}

/** What comes after a host begins with it, or it would go on with the host. */
function withSlash(path: string | undefined): string | undefined {
  return path === undefined || path.startsWith('/') ? path : `/${path}`
}

/** As it was matched: one form, without anything that two readers could read differently. */
function pathOf(target: string): string | undefined {
  const queryStart = target.indexOf('?')
  return normalizePath(queryStart === -1 ? target : target.slice(0, queryStart))
}

/** With its `?`. What may not stand in a field was refused by the listener. */
function queryOf(target: string): string {
  const queryStart = target.indexOf('?')
  return queryStart === -1 ? '' : target.slice(queryStart)
}

function splitAuthority(text: string): { readonly authority: string | undefined; readonly rest: string } {
  const scheme = text.indexOf('://')
  if (scheme === -1 || text.startsWith('/') || text.startsWith('{'))
    return { authority: undefined, rest: text }
  const ends = ['/', '{', '?'].map((each) => text.indexOf(each, scheme + 3)).filter((at) => at !== -1)
  const end = Math.min(text.length, ...ends)
  return { authority: text.slice(0, end), rest: text.slice(end) }
}

/** The pieces, or what is wrong. */
function piecesOf(text: string): Piece[] | string {
  const pieces: Piece[] = []
  let from = 0
  for (;;) {
    const start = text.indexOf('{', from)
    const literal = start === -1 ? text.slice(from) : text.slice(from, start)
    if (literal.includes('}')) return 'a closing brace that closes nothing'
    if (literal !== '') pieces.push(literal)
    if (start === -1) return pieces
    const end = text.indexOf('}', start)
    const name = text.slice(start + 1, end === -1 ? undefined : end)
    if (end === -1 || !/^[A-Za-z0-9_.-]{1,64}$/.test(name)) return 'a placeholder such as {path}'
    const place = PLACES.find((each) => each === name)
    pieces.push(place === undefined ? { parameter: name } : { place })
    from = end + 1
  }
}

function isPlace(piece: Piece | undefined, place: Place): boolean {
  return typeof piece === 'object' && 'place' in piece && piece.place === place
}

/** What a field may carry and a URL may hold; browsers read `\` as `/`. */
function isVisible(text: string): boolean {
  return /^[!-~]+$/.test(text) && !text.includes('\\') && !text.includes('#')
}
