/** An element of a document that was read: plain data, by what names mean and not by how they are written. */
export interface XmlElement {
  /** The URI; empty for names that are in no namespace. */
  readonly namespace: string
  /** Without a prefix. */
  readonly name: string
  readonly attributes: readonly XmlAttribute[]
  /** Elements and text in their order. Neighbouring pieces of text are one, CDATA sections among them. */
  readonly children: readonly (XmlElement | string)[]
  /** Where it is written in the text that was read: the first character, and the first one behind it. */
  readonly start: number
  readonly end: number
  /** Where its name ends: declarations of namespaces may be written there. */
  readonly nameEnd: number
  /** What each prefix means here; the empty one stands for names without. */
  readonly prefixes: Readonly<Record<string, string>>
  /** The prefixes that are declared here and not further out. */
  readonly declared: ReadonlySet<string>
}

export interface XmlAttribute {
  readonly namespace: string
  readonly name: string
  readonly value: string
}

function isElement(child: XmlElement | string): child is XmlElement {
  return typeof child !== 'string'
}

export function is(element: XmlElement, namespace: string, name: string): boolean {
  return element.name === name && element.namespace === namespace
}

/** The elements right inside, in their order. */
export function elementsOf(element: XmlElement): XmlElement[] {
  return element.children.filter(isElement)
}

/** The elements right inside that have this name. */
export function childrenOf(element: XmlElement, namespace: string, name: string): XmlElement[] {
  return elementsOf(element).filter((child) => is(child, namespace, name))
}

/** An attribute that is in no namespace, as most are. */
export function attributeOf(element: XmlElement, name: string, namespace = ''): string | undefined {
  return element.attributes.find((each) => each.name === name && each.namespace === namespace)?.value
}

/** What is written right inside it: all of it, whatever stands between; `undefined` where there are elements. */
export function textOf(element: XmlElement): string | undefined {
  const [text = '', ...others] = element.children
  return others.length === 0 && typeof text === 'string' ? text : undefined
}

/** The element and all inside it, outer ones first. */
export function* everyElement(root: XmlElement): Generator<XmlElement> {
  // By a list of our own: as deep as a document may be, it must not fill the stack.
  const waiting: XmlElement[] = [root]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    yield next
    for (let i = next.children.length - 1; i >= 0; i--) {
      const child = next.children[i] as XmlElement | string
      if (isElement(child)) waiting.push(child)
    }
  }
}
