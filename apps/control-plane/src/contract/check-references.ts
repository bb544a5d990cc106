import { contractFaults } from './contract-fault.ts'
import { type ContractNode, isExtension } from './contract-node.ts'
import type { ContractReading } from './contract-reading.ts'
import { type Kind, referable, shape } from './document-shape.ts'

/** A part that a reference leads to and that does not stand where its kind belongs, so that nothing else checks it. */
export interface Fragment {
  readonly kind: Kind
  readonly node: ContractNode
}

/**
 * Follows every reference of the contract, through all of its files and each part once, so that cycles end. Reports
 * those that lead nowhere, out of the folder, or in circles.
 */
export function checkReferences(root: ContractNode, reading: ContractReading): Fragment[] {
  const walk = new ReferenceWalk()
  walk.place('document', root)
  const fragments: Fragment[] = []
  for (let next = 0; next < walk.references.length; next++) {
    const { kind, node } = walk.references[next] as Fragment
    if (next >= reading.limits.maxReferences) {
      reading.report(
        contractFaults.limit,
        node,
        `It has more than ${reading.limits.maxReferences} references.`,
      )
      break
    }
    const reference = node.text('$ref') as string
    const arrived = reading.arrive(node)
    const target = reading.hop(node, reference)
    if (!('node' in arrived)) reading.report(arrived.kind, node, arrived.detail)
    if (!('node' in target) || walk.isPlaced(kind, target.node)) continue
    fragments.push({ kind, node: target.node })
    walk.place(kind, target.node)
  }
  for (const node of walk.bases) {
    const detail = 'The schema’s `$id` would change what the references below it mean.'
    reading.report(
      contractFaults.reference,
      node,
      detail,
      'Remove it: references are relative to their file.',
    )
  }
  return fragments
}

class ReferenceWalk {
  readonly references: Fragment[] = []
  /** Where a schema sets a base for the references within it (JSON Schema 2020-12 §8.2.1). */
  readonly bases: ContractNode[] = []
  readonly #placed = new Set<string>()

  isPlaced(kind: Kind, node: ContractNode): boolean {
    return this.#placed.has(`${kind} ${node.key}`)
  }

  /** Visits a part and all that stands in it, without following references. */
  place(kind: Kind, node: ContractNode): void {
    const open: Fragment[] = [{ kind, node }]
    for (let part = open.pop(); part !== undefined; part = open.pop()) {
      const key = `${part.kind} ${part.node.key}`
      if (this.#placed.has(key)) continue
      this.#placed.add(key)
      if (referable.has(part.kind) && part.node.text('$ref') !== undefined) this.references.push(part)
      const base = part.kind === 'schema' ? part.node.get('$id') : undefined
      if (base !== undefined) this.bases.push(base)
      open.push(...partsOf(part))
    }
  }
}

function partsOf({ kind, node }: Fragment): Fragment[] {
  if (!node.isObject) return []
  if (kind === 'callback') return everyOf('pathItem', node)
  return Object.entries(shape[kind]).flatMap(([key, field]) => {
    const part = node.get(key)
    if (part === undefined) return []
    return field.form === 'one' ? [{ kind: field.kind, node: part }] : everyOf(field.kind, part)
  })
}

function everyOf(kind: Kind, node: ContractNode): Fragment[] {
  return node
    .entries()
    .filter(([key]) => kind !== 'pathItem' || !isExtension(key))
    .map(([, part]) => ({ kind, node: part }))
}
