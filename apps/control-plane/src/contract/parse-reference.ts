/** Where a reference leads, within the contract's folder; or why it may not be followed. */
export type Reference =
  | { readonly file: string; readonly pointer: string }
  | { readonly kind: 'outside' | 'reference'; readonly reason: string }

/**
 * Reads a `$ref` (RFC 3986 §4.1) that stands in a file of the contract's folder. Only files of that folder are named
 * by it, and only JSON Pointers (RFC 6901 §6) within them.
 */
export function parseReference(reference: string, fromFile: string): Reference {
  const hash = reference.indexOf('#')
  const path = decode(hash < 0 ? reference : reference.slice(0, hash))
  const fragment = decode(hash < 0 ? '' : reference.slice(hash + 1))
  if (path === undefined || fragment === undefined) {
    return { kind: 'reference', reason: 'its percent-encoding is malformed' }
  }
  if (fragment !== '' && !fragment.startsWith('/')) {
    return { kind: 'reference', reason: 'only JSON Pointers ("#/…") are understood after "#"' }
  }
  const target = path === '' ? { file: fromFile } : resolveFile(path, fromFile)
  return 'file' in target ? { file: target.file, pointer: fragment } : target
}

function resolveFile(
  path: string,
  fromFile: string,
): { readonly file: string } | Exclude<Reference, { file: string }> {
  if (
    path.startsWith('/') ||
    path.includes('\\') ||
    path.includes('?') ||
    path.split('/')[0]?.includes(':')
  ) {
    return { kind: 'outside', reason: 'it is an absolute address or no plain relative path' }
  }
  const segments = fromFile.split('/').slice(0, -1)
  for (const segment of path.split('/')) {
    if (segment === '.' || segment === '') continue
    if (segment !== '..') segments.push(segment)
    else if (segments.pop() === undefined) {
      return { kind: 'outside', reason: 'it climbs above the contract’s folder' }
    }
  }
  return { file: segments.join('/') }
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
