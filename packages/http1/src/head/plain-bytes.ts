/**
 * Whether none of the four bytes of a word is a control, HTAB among them, or DEL: what is subtracted borrows from the top
 * bit of each that is.
 */
export function isPlain(word: number): boolean {
  const lessDel = word ^ 0x7f7f7f7f
  return ((((word - 0x20202020) & ~word) | ((lessDel - 0x01010101) & ~lessDel)) & 0x80808080) === 0
}
