/**
 * Whether every engine can keep a text as it is, and index it: well-formed (a lone surrogate has no UTF-8, so
 * two such texts would become one), without U+0000 (PostgreSQL has no room for it) and not too long.
 */
export function isStorable(text: unknown, maxBytes: number): text is string {
  if (typeof text !== 'string' || text.length > maxBytes) return false
  return text.isWellFormed() && !text.includes('\0') && Buffer.byteLength(text) <= maxBytes
}
