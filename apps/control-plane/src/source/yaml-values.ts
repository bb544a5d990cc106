import { type Alias, isAlias, isMap, isScalar, isSeq, type Node, type Scalar, type YAMLMap } from 'yaml'
import { type SourceLimits, setOwn } from './source-document.ts'
import type { sourceFaults } from './source-fault.ts'

/** What made a document unreadable, and where. */
export class YamlStop extends Error {
  readonly kind: keyof typeof sourceFaults
  readonly offset: number
  readonly keys: readonly string[]
  readonly remedy: string | undefined

  constructor(kind: YamlStop['kind'], message: string, node: Node, keys: readonly string[], remedy?: string) {
    super(message)
    this.kind = kind
    this.offset = node.range?.[0] ?? 0
    this.keys = [...keys]
    this.remedy = remedy
  }
}

/**
 * Turns the nodes of a document into plain JSON. Aliases are copied, and the copies counted, so that no later
 * walk through the value meets more than is there (a "billion laughs" document).
 */
export class YamlValues {
  readonly #limits: SourceLimits
  readonly #keys: string[] = []
  readonly #open = new Set<Node>()
  readonly #anchors = new Map<string, Node>()
  readonly #targets = new Map<Alias, Node>()
  #aliasDepth = 0
  #aliasedValues = 0

  constructor(limits: SourceLimits) {
    this.#limits = limits
  }

  valueOf(node: Node | null): unknown {
    if (node === null) return null
    if (this.#aliasDepth > 0 && ++this.#aliasedValues > this.#limits.maxAliasedValues) {
      const { maxAliasedValues } = this.#limits
      throw this.#stop('tooLarge', `Its aliases stand for more than ${maxAliasedValues} values.`, node)
    }
    if (isAlias(node)) return this.#alias(node)
    if (this.#aliasDepth === 0 && isAnchored(node)) this.#anchors.set(node.anchor, node)
    if (isScalar(node)) return this.#scalar(node)
    return this.#collection(node)
  }

  #scalar(node: Scalar): unknown {
    const { value } = node
    if (value === null || typeof value === 'boolean' || typeof value === 'string') return value
    if (typeof value === 'number' && Number.isFinite(value)) return value
    throw this.#stop('unsupported', `JSON has no word for ${String(node.source)}.`, node)
  }

  #alias(node: Alias): unknown {
    // Anchors are met in the order of the text: an alias means the last one before it (YAML 1.2 §7.1).
    const target = this.#targets.get(node) ?? this.#anchors.get(node.source)
    if (target === undefined) throw this.#stop('malformed', `There is no anchor &${node.source}.`, node)
    this.#targets.set(node, target)
    this.#aliasDepth++
    const value = this.valueOf(target)
    this.#aliasDepth--
    return value
  }

  #collection(node: Node): unknown {
    if (this.#open.has(node)) throw this.#stop('unsupported', 'The value contains itself.', node)
    if (this.#keys.length >= this.#limits.maxDepth) {
      const message = `Collections stand more than ${this.#limits.maxDepth} deep in each other.`
      throw this.#stop('tooLarge', message, node)
    }
    this.#open.add(node)
    const value = isMap(node) ? this.#map(node) : this.#sequence(node)
    this.#open.delete(node)
    return value
  }

  #sequence(node: Node): unknown[] {
    if (!isSeq(node))
      throw this.#stop('unsupported', 'This is neither a map, a list nor a plain value.', node)
    return node.items.map((item, index) => {
      this.#keys.push(String(index))
      const value = this.valueOf(item as Node | null)
      this.#keys.pop()
      return value
    })
  }

  #map(node: YAMLMap): Record<string, unknown> {
    const object: Record<string, unknown> = {}
    for (const pair of node.items) {
      const key = this.#key(pair.key as Node, node)
      this.#keys.push(key)
      if (Object.hasOwn(object, key)) {
        throw this.#stop('duplicateKey', `The key "${key}" stands twice here.`, pair.key as Node)
      }
      setOwn(object, key, this.valueOf(pair.value as Node | null))
      this.#keys.pop()
    }
    return object
  }

  #key(node: Node | null, map: Node): string {
    if (!isScalar(node)) throw this.#stop('unsupported', 'A key is not a plain text.', node ?? map)
    if (node.value === '<<' && node.type === 'PLAIN') {
      const remedy = 'Merge keys belong to YAML 1.1: write the keys out, or use $ref where the format has it.'
      throw this.#stop('unsupported', 'It has a merge key ("<<").', node, remedy)
    }
    return keyText(node.value, node.source)
  }

  #stop(kind: YamlStop['kind'], message: string, node: Node, remedy?: string): YamlStop {
    return new YamlStop(kind, message, node, this.#keys, remedy)
  }
}

function isAnchored(node: Node): node is Node & { readonly anchor: string } {
  return 'anchor' in node && typeof node.anchor === 'string'
}

/** A key as it is written: `200` and `1.0` are the texts "200" and "1.0". */
export function keyText(value: unknown, source: string | undefined): string {
  return typeof value === 'string' ? value : (source ?? String(value))
}
