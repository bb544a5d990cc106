import {
  byteAt,
  classOf,
  DELIMITER,
  decodePercent,
  ENCODED,
  encodeByte,
  hasControl,
  UNRESERVED,
} from './percent.ts'

/** The longest path that is accepted, before and after it is normalised. */
export const MAX_PATH_CHARACTERS = 8192

const PERCENT = 37
/** A segment that begins like one that could be empty or of dots; most paths have none. */
const SUSPICIOUS = /\/(?:[./;]|%3B)/

/**
 * The one form of a request's path, by which it is matched and in which it is forwarded, so that the gateway and the
 * backend can't read it differently. `rawPath` is the target (RFC 9112 §3.2.1) up to its `?`.
 *
 * Percent-encoding is normalised as in RFC 3986 §6.2.2: unreserved characters are decoded, hexadecimal digits are
 * upper case. Delimiters stay as they were sent, because encoding them changes what they mean. Characters that
 * RFC 3986 does not allow raw but browsers send (such as `|`) are encoded.
 *
 * Refused, with `undefined`: what does not begin with `/`; dot segments and empty segments, raw or encoded, also when
 * disguised by path parameters (`/..;x/`, which some servers read as `/../`); encoded slashes and backslashes; raw
 * backslash, space, `#`, `?` and non-ASCII; controls, raw or encoded; malformed percent-encoding; malformed UTF-8;
 * more than 8,192 characters.
 *
 * A trailing slash is kept and counts: `/items/` is not `/items`, and reaches only an operation whose template ends in
 * a slash.
 */
export function normalizePath(rawPath: string): string | undefined {
  if (rawPath.length > MAX_PATH_CHARACTERS || !rawPath.startsWith('/')) return undefined
  const path = normalizeCharacters(rawPath)
  if (path === undefined || path.length > MAX_PATH_CHARACTERS) return undefined
  return hasHarmlessSegments(path) && hasHarmlessEncoding(path) ? path : undefined
}

function normalizeCharacters(raw: string): string | undefined {
  let path = ''
  let copied = 0
  for (let i = 0; i < raw.length; i++) {
    const code = raw.charCodeAt(i)
    const kind = classOf(code)
    if (kind === UNRESERVED || kind === DELIMITER || code === 47) continue
    if (kind === ENCODED) {
      path += raw.slice(copied, i) + encodeByte(code)
      copied = i + 1
    } else if (code === PERCENT) {
      const byte = byteAt(raw, i + 1)
      if (!isAcceptedByte(byte)) return undefined
      path += raw.slice(copied, i)
      path += classOf(byte) === UNRESERVED ? String.fromCharCode(byte) : encodeByte(byte)
      i += 2
      copied = i + 1
    } else {
      return undefined
    }
  }
  return copied === 0 ? raw : path + raw.slice(copied)
}

/** Neither a control nor a separator of segments: `/` or, to some servers, `\`. */
function isAcceptedByte(byte: number): boolean {
  return byte >= 32 && byte !== 127 && byte !== 47 && byte !== 92
}

function hasHarmlessSegments(path: string): boolean {
  if (!SUSPICIOUS.test(path)) return true
  const segments = path.slice(1).split('/')
  return segments.every((segment, index) => {
    const isTrailingSlash = segment === '' && index === segments.length - 1
    return isTrailingSlash || !isDisguise(nameOf(segment))
  })
}

/** A segment without its path parameters (RFC 3986 §3.3). */
function nameOf(segment: string): string {
  return segment.replaceAll('%3B', ';').split(';', 1)[0] as string
}

function isDisguise(segmentName: string): boolean {
  return segmentName === '' || segmentName === '.' || segmentName === '..'
}

function hasHarmlessEncoding(path: string): boolean {
  if (!path.includes('%')) return true
  const decoded = decodePercent(path)
  return decoded !== undefined && !hasControl(decoded)
}
