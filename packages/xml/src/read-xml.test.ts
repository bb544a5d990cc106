import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { attributeOf, childrenOf, elementsOf, everyElement, textOf, type XmlElement } from './element.ts'
import { decodeXml, readXml, type XmlLimits } from './read-xml.ts'
import { escapeXml, standalone, without } from './write-xml.ts'

const LIMITS: XmlLimits = {
  maxCharacters: 10_000,
  maxDepth: 8,
  maxElements: 50,
  maxAttributes: 4,
  comments: 'refused',
}
const read = (text: string, changes: Partial<XmlLimits> = {}) => readXml(text, { ...LIMITS, ...changes })
const codeOf = (text: string, changes: Partial<XmlLimits> = {}): unknown => {
  try {
    read(text, changes)
    return undefined
  } catch (thrown) {
    return (thrown as { code?: unknown }).code
  }
}

describe('a document', () => {
  it('is read by what its names mean, not by how they are written', () => {
    const a = read('<s:a xmlns:s="urn:x" s:b="1" c="2"><s:d/>text<![CDATA[ <more>]]></s:a>')
    const b = read('<a xmlns="urn:x" xmlns:q="urn:x" q:b="1" c="2"><d></d>text &lt;more></a>')
    for (const root of [a, b]) {
      expect([root.namespace, root.name]).toEqual(['urn:x', 'a'])
      expect([attributeOf(root, 'b', 'urn:x'), attributeOf(root, 'b'), attributeOf(root, 'c')]).toEqual([
        '1',
        undefined,
        '2',
      ])
      expect(childrenOf(root, 'urn:x', 'd')).toHaveLength(1)
      expect(childrenOf(root, '', 'd')).toHaveLength(0)
      expect(root.children[1]).toBe('text <more>')
    }
  })

  it.each<[string, string, string]>([
    ['a document type', '<!DOCTYPE a><a/>', 'xml.forbidden'],
    ['an entity', '<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>', 'xml.forbidden'],
    [
      'an external entity',
      '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>',
      'xml.forbidden',
    ],
    ['an entity that nobody declared', '<a>&e;</a>', 'xml.malformed'],
    ['a processing instruction', '<a><?php x?></a>', 'xml.forbidden'],
    ['a style sheet', '<?xml-stylesheet href="x"?><a/>', 'xml.forbidden'],
    ['a comment', '<a><!-- x --></a>', 'xml.forbidden'],
    ['nothing', '', 'xml.malformed'],
    ['two roots', '<a/><b/>', 'xml.malformed'],
    ['text behind the root', '<a/>x', 'xml.malformed'],
    ['tags that cross', '<a><b></a></b>', 'xml.malformed'],
    ['no end', '<a>', 'xml.malformed'],
    ['a prefix that is not declared', '<x:a/>', 'xml.malformed'],
    ['an attribute twice', '<a b="1" b="2"/>', 'xml.malformed'],
    [
      'an attribute twice under two prefixes',
      '<a xmlns:p="u:1" xmlns:q="u:1" p:b="1" q:b="2"/>',
      'xml.malformed',
    ],
    ['a character that XML has not', '<a>\u0000</a>', 'xml.malformed'],
    ['another encoding', '<?xml version="1.0" encoding="UTF-16"?><a/>', 'xml.malformed'],
    ['another version', '<?xml version="1.1"?><a/>', 'xml.malformed'],
  ])('with %s is refused', (_, text, code) => {
    expect(codeOf(text)).toBe(code)
  })

  it('is refused beyond any of its limits, and taken right at them', () => {
    const deep = (depth: number) => '<a>'.repeat(depth) + '</a>'.repeat(depth)
    expect([codeOf(deep(8)), codeOf(deep(9))]).toEqual([undefined, 'xml.too-large'])
    const wide = (count: number) => `<a>${'<b/>'.repeat(count - 1)}</a>`
    expect([codeOf(wide(50)), codeOf(wide(51))]).toEqual([undefined, 'xml.too-large'])
    expect(codeOf('<a a="1" b="1" c="1" xmlns:d="u:1"/>')).toBeUndefined()
    expect(codeOf('<a a="1" b="1" c="1" d="1" xmlns:e="u:1"/>')).toBe('xml.too-large')
    expect([codeOf('<a>xyz</a>', { maxCharacters: 10 }), codeOf('<a>xyz</a>', { maxCharacters: 9 })]).toEqual(
      [undefined, 'xml.too-large'],
    )
  })

  it('is one text across comments that are read over', () => {
    expect(textOf(read('<a>ad<!-- x -->min</a>', { comments: 'ignored' }))).toBe('admin')
    expect(textOf(read('<a>ad<b/>min</a>'))).toBeUndefined()
    expect(textOf(read('<a/>'))).toBe('')
  })

  it('is decoded from UTF-8, and from nothing else', () => {
    expect(textOf(read(decodeXml(Buffer.from('\uFEFF<a>é</a>'))))).toBe('é')
    expect(() => decodeXml(Buffer.from('<a>é</a>', 'latin1'))).toThrow()
  })
})

describe('an element', () => {
  it('is found in the text that was read', () => {
    const text = '<?xml version="1.0"?>\r\n<a b="<>"><é c=\'>\'/>\u{1F600}<d >x</d ></a>'.replace(
      '"<>"',
      '"&lt;>"',
    )
    const root = read(text)
    expect([...everyElement(root)].map(({ start, end }) => text.slice(start, end))).toEqual([
      text.slice(text.indexOf('<a')),
      "<é c='>'/>",
      '<d >x</d >',
    ])
    expect(without(text, elementsOf(root)[1] as XmlElement)).toBe(text.replace('<d >x</d >', ''))
  })

  it('means the same as a document of its own', () => {
    const text = '<a xmlns="u:1" xmlns:p="u:2" xmlns:q="u:3"><b xmlns:p="u:4" p:x="1"><q:c xmlns=""/></b></a>'
    const inner = elementsOf(read(text))[0] as XmlElement
    expect(standalone(text, inner)).toBe(
      '<b xmlns="u:1" xmlns:q="u:3" xmlns:p="u:4" p:x="1"><q:c xmlns=""/></b>',
    )
    const alone = read(standalone(text, inner))
    expect([alone.namespace, attributeOf(alone, 'x', 'u:4')]).toEqual(['u:1', '1'])
  })
})

it('text is read as it was written, whatever it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const sayable = [...text].filter(isSayable).join('')
      const root = read(`<a b="${escapeXml(sayable)}">${escapeXml(sayable)}</a>`)
      expect([textOf(root), attributeOf(root, 'b')]).toEqual([sayable, sayable])
    }),
  )
})

/** `Char` of XML 1.0 §2.2: what is none can't be carried at all. */
function isSayable(character: string): boolean {
  const code = character.codePointAt(0) as number
  if (code < 0x20) return code === 0x09 || code === 0x0a || code === 0x0d
  return code < 0xd800 || (code > 0xdfff && code !== 0xfffe && code !== 0xffff)
}
