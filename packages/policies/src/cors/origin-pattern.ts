import { ANY, isOrigin } from '../setting/page-origin.ts'

/** The opaque origin under which all sandboxed and local pages go. */
export const OPAQUE = 'null'

const WILDCARD = 'https://*.'
const MAX_ORIGIN_CHARACTERS = 512

/** An origin, any, the opaque one, or all hosts below a domain: `https://*.hmart.example`. */
export function isOriginPattern(text: string): boolean {
  if (text === OPAQUE || isOrigin(text)) return true
  if (!text.startsWith(WILDCARD)) return false
  const below = text.slice(WILDCARD.length)
  // A domain of one label is nobody's: all of its hosts belong to somebody else each.
  return below.includes('.') && isOrigin(`https://x.${below}`)
}

/** Compiles patterns into one question. */
export function originMatcher(patterns: readonly string[]): (origin: string) => boolean {
  if (patterns.includes(ANY)) return (origin) => origin !== OPAQUE
  const exact = new Set(patterns)
  const suffixes = patterns
    .filter((each) => each.startsWith(WILDCARD))
    .map((each) => each.slice(WILDCARD.length - 1))
  return (origin) =>
    exact.has(origin) || (suffixes.length > 0 && suffixes.some((suffix) => isBelow(origin, suffix)))
}

/** Whether an origin is `https://` and host names before the suffix, and nothing else: it is sent back as it came. */
function isBelow(origin: string, suffix: string): boolean {
  const start = 'https://'.length
  const end = origin.length - suffix.length
  if (end <= start || origin.length > MAX_ORIGIN_CHARACTERS) return false
  if (!origin.startsWith('https://') || !origin.endsWith(suffix)) return false
  return /^[a-z0-9-]+(\.[a-z0-9-]+)*$/.test(origin.slice(start, end))
}
