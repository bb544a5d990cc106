import type { XmlElement } from './element.ts'

/** What stands between tags or in an attribute, written so that it is read as the same text. */
export function escapeXml(text: string): string {
  return text.replaceAll(/[&<>"'\t\n\r]/g, (each) => `&#${each.charCodeAt(0)};`)
}

/**
 * The text of one element, as a document of its own that means the same: what is declared further out is declared at
 * its root. Its exclusive canonical form (XML-EXC-C14N) is the one that it had where it stood.
 */
export function standalone(source: string, element: XmlElement): string {
  const { start, nameEnd, end, prefixes, declared } = element
  const missing = Object.entries(prefixes)
    .filter(([prefix, uri]) => !declared.has(prefix) && uri !== '')
    .map(([prefix, uri]) => ` xmlns${prefix === '' ? '' : `:${prefix}`}="${escapeXml(uri)}"`)
  return source.slice(start, nameEnd) + missing.join('') + source.slice(nameEnd, end)
}

/** The text without one of the elements that were read from it. */
export function without(source: string, { start, end }: XmlElement): string {
  return source.slice(0, start) + source.slice(end)
}
