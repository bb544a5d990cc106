/** Crockford's base 32: no I, L, O or U, so that what is read aloud is written down right. */
export const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'

/** Five bits a character; the last is filled up with zeros. */
export function toBase32(bytes: Uint8Array): string {
  let text = ''
  let bits = 0
  let held = 0
  for (const byte of bytes) {
    bits = ((bits & 31) << 8) | byte
    held += 8
    while (held >= 5) {
      held -= 5
      text += ALPHABET.charAt((bits >> held) & 31)
    }
  }
  return held === 0 ? text : text + ALPHABET.charAt((bits << (5 - held)) & 31)
}
