/**
 * A distinguished name as `node:crypto` writes it: an attribute a line, in the order of the certificate, values escaped
 * (RFC 4514 §2.4).
 */
export type NameLines = string

/** `CN=robot,O=Acme,C=DE` (RFC 4514): the last written stands first in the certificate. `undefined` for what is no name. */
export function readDistinguishedName(text: string): NameLines | undefined {
  const parts = splitUnescaped(text).map((each) => each.trim())
  const names = parts.map((part) => part.split('=', 1)[0] ?? '')
  if (!names.every((each, i) => isType(each) && (parts[i] as string).length > each.length + 1))
    return undefined
  return parts.toReversed().join('\n')
}

function splitUnescaped(text: string): string[] {
  const parts: string[] = []
  let part = ''
  for (let i = 0; i < text.length; i++) {
    const character = text.charAt(i)
    if (character === '\\') part += character + text.charAt(++i)
    else if (character === ',') {
      parts.push(part)
      part = ''
    } else part += character
  }
  return [...parts, part]
}

/** A keyword or an object identifier. */
function isType(text: string): boolean {
  return /^([A-Za-z][A-Za-z0-9-]*|\d+(\.\d+)+)$/.test(text)
}
