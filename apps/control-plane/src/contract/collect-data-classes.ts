import { dataClass } from '@portcullis/model/contract'
import type { StatedOperation } from './collect-operations.ts'
import { contractFaults } from './contract-fault.ts'
import type { ContractNode } from './contract-node.ts'
import type { ContractReading } from './contract-reading.ts'

const KEY = 'x-data-class'

/** Values that are sent, and no descriptions of them. */
const VALUES: ReadonlySet<string> = new Set(['example', 'examples', 'default', 'enum', 'const'])
/** What is below these is named by the author. */
const NAMED: ReadonlySet<string> = new Set([
  'properties',
  'patternProperties',
  'content',
  'headers',
  'responses',
])
/** What callers neither send nor get: calls of ours. */
const ELSEWHERE: ReadonlySet<string> = new Set(['callbacks', 'security'])

/** What one part says by itself, and to which parts it refers. */
interface Said {
  readonly classes: readonly string[]
  readonly targets: readonly ContractNode[]
}

/**
 * Which kinds of data an operation takes or gives: what `x-data-class` says of the document, of its path, of the operation,
 * of its parameters and of every schema that they lead to.
 */
export class DataClasses {
  readonly #reading: ContractReading
  readonly #said = new Map<string, Said>()

  constructor(reading: ContractReading) {
    this.#reading = reading
  }

  /** Sorted; `undefined` where nothing is said. */
  of(root: ContractNode, { node, item }: StatedOperation): string[] | undefined {
    const found = new Set([...this.#classesAt(root), ...this.#classesAt(item)])
    const parameters = item.get('parameters')
    const waiting = parameters === undefined ? [node] : [node, parameters]
    const seen = new Set<string>()
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (seen.has(next.key)) continue
      seen.add(next.key)
      const { classes, targets } = this.#say(next)
      for (const each of classes) found.add(each)
      waiting.push(...targets)
    }
    return found.size === 0 ? undefined : [...found].toSorted()
  }

  /** Schemas are shared by many operations: each is walked once. */
  #say(node: ContractNode): Said {
    const known = this.#said.get(node.key)
    if (known !== undefined) return known
    const said = { classes: [] as string[], targets: [] as ContractNode[] }
    this.#walk(node, false, said)
    this.#said.set(node.key, said)
    return said
  }

  #walk(node: ContractNode, isNamed: boolean, said: { classes: string[]; targets: ContractNode[] }): void {
    if (!isNamed) {
      said.classes.push(...this.#classesAt(node))
      const target = node.text('$ref') === undefined ? undefined : this.#reading.follow(node)
      if (target !== undefined) said.targets.push(target)
    }
    for (const [key, part] of node.entries()) {
      if (!isNamed && (VALUES.has(key) || ELSEWHERE.has(key) || key.startsWith('x-'))) continue
      if (typeof part.value === 'object') this.#walk(part, !isNamed && NAMED.has(key), said)
    }
  }

  #classesAt(node: ContractNode): string[] {
    const stated = node.isObject ? node.get(KEY) : undefined
    if (stated === undefined) return []
    const names = stated.isList ? stated.parts() : [stated]
    return names.flatMap((each) => {
      const parsed = dataClass.safeParse(each.value)
      if (parsed.success) return [parsed.data]
      const detail = `${JSON.stringify(each.value)?.slice(0, 60)} is no name of a data class.`
      const remedy = 'Write a name, or a list of names, in lower case: healthcare, payment-card.'
      this.#reading.report(contractFaults.structure, each, detail, remedy)
      return []
    })
  }
}
