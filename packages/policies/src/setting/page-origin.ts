/** Any origin. */
export const ANY = '*'

/** Written as browsers write it (RFC 6454 §6.2). `null`, the origin of sandboxed and local pages, is never one. */
export function isOrigin(text: string): boolean {
  if (text === ANY) return true
  const url = URL.parse(text)
  // `https://*.example` is a URL to parsers, and not what its author means: hosts are named one by one.
  return (
    url !== null &&
    !text.includes(ANY) &&
    (url.protocol === 'https:' || url.protocol === 'http:') &&
    url.origin === text
  )
}
