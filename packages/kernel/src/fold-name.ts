/**
 * The same for all ways of writing a name that some directory takes for one: case, composition, accents, spaces, and what is not seen
 * (RFC 4518 §2). For counting alone, where two people under one count is no harm, and one person under several is.
 */
export function foldName(name: string): string {
  return name
    .normalize('NFKD')
    .replace(/[\p{M}\p{C}\p{Z}]/gu, '')
    .toLowerCase()
}
