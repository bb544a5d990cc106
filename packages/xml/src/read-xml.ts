import { SaxesParser, type SaxesTagNS } from 'saxes'
import type { XmlAttribute, XmlElement } from './element.ts'
import { xmlFaults } from './fault.ts'

/** What a document may be at most, and what it may have in it. */
export interface XmlLimits {
  readonly maxCharacters: number
  /** The root is 1 deep. */
  readonly maxDepth: number
  readonly maxElements: number
  /** Of one element, declarations of namespaces among them. */
  readonly maxAttributes: number
  /** Comments are refused, or read over: text on both sides of one is one text. */
  readonly comments: 'refused' | 'ignored'
}

interface Open {
  readonly start: number
  readonly nameEnd: number
  element?: Draft
  attributes: number
}

type Draft = {
  -readonly [Key in keyof XmlElement]: Key extends 'children' ? (XmlElement | string)[] : XmlElement[Key]
}

const NO_PREFIXES: Readonly<Record<string, string>> = Object.freeze(Object.create(null))
const NOTHING_DECLARED: ReadonlySet<string> = new Set()
const utf8 = new TextDecoder('utf-8', { fatal: true })

/** @throws xml.malformed for bytes that are no UTF-8. */
export function decodeXml(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch (cause) {
    throw xmlFaults.malformed({ detail: 'It is not in UTF-8.', cause })
  }
}

/**
 * Reads a document strictly: namespaces, no document type, hence no entities but the five that everybody knows, no
 * processing instructions, nothing beyond the limits. What was read is the root.
 *
 * @throws xml.malformed, xml.forbidden, xml.too-large
 */
export function readXml(text: string, limits: XmlLimits): XmlElement {
  if (text.length > limits.maxCharacters) throw tooLarge(`${limits.maxCharacters} characters`)
  const parser = new SaxesParser({ xmlns: true, position: false, defaultXMLVersion: '1.0' })
  const open: Open[] = []
  let elements = 0
  let root: XmlElement | undefined

  parser.on('xmldecl', ({ version, encoding }) => {
    if (version !== '1.0') throw xmlFaults.malformed({ detail: 'It is not XML 1.0.' })
    if (encoding !== undefined && encoding.toLowerCase() !== 'utf-8')
      throw xmlFaults.malformed({ detail: 'It says that it is not in UTF-8.' })
  })
  parser.on('doctype', () => {
    throw xmlFaults.forbidden({ detail: 'There is a document type in it.' })
  })
  parser.on('processinginstruction', () => {
    throw xmlFaults.forbidden({ detail: 'There is a processing instruction in it.' })
  })
  parser.on('comment', () => {
    if (limits.comments === 'refused') throw xmlFaults.forbidden({ detail: 'There is a comment in it.' })
  })
  parser.on('opentagstart', () => {
    if (++elements > limits.maxElements) throw tooLarge(`${limits.maxElements} elements`)
    if (open.length >= limits.maxDepth) throw tooLarge(`${limits.maxDepth} elements in each other`)
    // The character that ended the name has been read: it stands right before here.
    const nameEnd = parser.position - 1
    open.push({ start: text.lastIndexOf('<', nameEnd), nameEnd, attributes: 0 })
  })
  parser.on('attribute', () => {
    const tag = open.at(-1)
    if (tag !== undefined && ++tag.attributes > limits.maxAttributes)
      throw tooLarge(`${limits.maxAttributes} attributes`)
  })
  parser.on('opentag', (tag) => {
    const here = open.at(-1) as Open
    here.element = draftOf(tag, here, open.at(-2)?.element)
  })
  const addText = (piece: string): void => {
    const children = open.at(-1)?.element?.children
    if (children === undefined) return
    const before = children.at(-1)
    if (typeof before === 'string') children[children.length - 1] = before + piece
    else children.push(piece)
  }
  parser.on('text', addText)
  parser.on('cdata', addText)
  parser.on('closetag', () => {
    const { element } = open.pop() as Open
    const done = element as Draft
    done.end = parser.position
    const outer = open.at(-1)?.element
    if (outer === undefined) root = done
    else outer.children.push(done)
  })
  parser.on('error', (cause) => {
    throw xmlFaults.malformed({ internal: cause.message, cause })
  })
  parser.write(text).close()
  if (root === undefined) throw xmlFaults.malformed()
  return root
}

function draftOf(tag: SaxesTagNS, { start, nameEnd }: Open, outer: Draft | undefined): Draft {
  const around = outer?.prefixes ?? NO_PREFIXES
  const declared = Object.keys(tag.ns)
  return {
    namespace: tag.uri,
    name: tag.local,
    attributes: Object.values(tag.attributes).flatMap(attributeOf),
    children: [],
    start,
    end: start,
    nameEnd,
    prefixes: declared.length === 0 ? around : Object.assign(Object.create(null), around, tag.ns),
    declared: declared.length === 0 ? NOTHING_DECLARED : new Set(declared),
  }
}

/** Declarations of namespaces are no attributes of what they stand at. */
function attributeOf(each: {
  readonly uri: string
  readonly local: string
  readonly prefix: string
  readonly name: string
  readonly value: string
}): XmlAttribute[] {
  if (each.prefix === 'xmlns' || each.name === 'xmlns') return []
  return [{ namespace: each.uri, name: each.local, value: each.value }]
}

function tooLarge(limit: string) {
  return xmlFaults['too-large']({ detail: `It has more than ${limit}.` })
}
