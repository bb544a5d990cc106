import type { FaultKind, Place } from '@portcullis/kernel/fault'
import { pointer } from '@portcullis/kernel/schema'
import type { ContractFiles } from '@portcullis/model/collection'
import type { Finding } from '@portcullis/model/finding/finding'
import { readSource } from '../source/read-source.ts'
import { errorAt, keysOf } from '../source/source-document.ts'
import { contractFaults } from './contract-fault.ts'
import type { ContractLimits } from './contract-limit.ts'
import { ContractNode } from './contract-node.ts'
import { parseReference } from './parse-reference.ts'

/** Where one reference leads, or what is wrong with it. */
type Hop = { readonly node: ContractNode } | { readonly kind: FaultKind; readonly detail: string }

/** A contract while it is compiled: its files, read when first referred to, and what was found in them. */
export class ContractReading {
  readonly findings: Finding[] = []
  readonly limits: ContractLimits
  readonly #files: ContractFiles
  readonly #documents = new Map<string, ContractNode | undefined>()
  readonly #reported = new Set<string>()
  #dropped = 0

  constructor(files: ContractFiles, limits: ContractLimits) {
    this.#files = files
    this.limits = limits
  }

  /** The value of the root file, unless that can't be read. */
  root(): ContractNode | undefined {
    const { root, files } = this.#files
    if (Object.keys(files).length > this.limits.maxFiles) {
      this.add(contractFaults.limit, { file: root }, `It has more than ${this.limits.maxFiles} files.`)
      return undefined
    }
    if (Object.hasOwn(files, root)) return this.#read(root)
    this.add(contractFaults.missing, { file: root }, `There is no file "${root}" in the contract’s folder.`)
    return undefined
  }

  report(kind: FaultKind, node: ContractNode, detail: string, remedy?: string): void {
    this.add(kind, node.place, detail, remedy)
  }

  warn(kind: FaultKind, node: ContractNode, detail: string): void {
    this.add(kind, node.place, detail, undefined, 'warning')
  }

  /** The same thing at the same place is said once. */
  add(
    kind: FaultKind,
    place: Place,
    detail: string,
    remedy?: string,
    severity: Finding['severity'] = 'error',
  ): void {
    const key = `${kind.code} ${place.file}#${place.path} ${detail}`
    if (this.#reported.has(key)) return
    if (this.findings.length >= this.limits.maxFindings) {
      this.#dropped++
      return
    }
    this.#reported.add(key)
    this.findings.push({ ...errorAt(kind, place, detail, remedy), severity })
  }

  /** How many findings there was no room for. */
  get dropped(): number {
    return this.#dropped
  }

  /** One step along a `$ref`. */
  hop(from: ContractNode, reference: string): Hop {
    const target = parseReference(reference, from.document.file)
    if ('kind' in target) {
      return {
        kind: contractFaults[target.kind],
        detail: `"${reference}" is not followed: ${target.reason}.`,
      }
    }
    if (!Object.hasOwn(this.#files.files, target.file)) {
      const detail = `"${reference}" is not followed: there is no file "${target.file}" in the contract’s folder.`
      return { kind: contractFaults.reference, detail }
    }
    const document = this.#read(target.file)
    const node = keysOf(target.pointer).reduce<ContractNode | undefined>((at, key) => at?.get(key), document)
    if (node !== undefined) return { node }
    const detail =
      document === undefined
        ? `"${reference}" is not followed: "${target.file}" cannot be read.`
        : `"${reference}" leads nowhere: "${target.file}" has nothing at "${target.pointer}".`
    return { kind: contractFaults.reference, detail }
  }

  /** The node itself or, where it is a reference, what that leads to in the end; else what is wrong. */
  arrive(from: ContractNode): Hop {
    let node = from
    for (let hops = 0; hops <= this.limits.maxChain; hops++) {
      const reference = node.text('$ref')
      if (reference === undefined) return { node }
      const next = this.hop(node, reference)
      if (!('node' in next)) return next
      node = next.node
    }
    const detail = `"${from.text('$ref')}" never arrives: references lead to each other.`
    return { kind: contractFaults.reference, detail }
  }

  /** Like `arrive`, for those who leave it to `checkReferences` to tell what is wrong. */
  follow(from: ContractNode): ContractNode | undefined {
    const arrived = this.arrive(from)
    return 'node' in arrived ? arrived.node : undefined
  }

  #read(file: string): ContractNode | undefined {
    if (this.#documents.has(file)) return this.#documents.get(file)
    const { documents, findings } = readSource(file, this.#files.files[file] as string, this.limits.source)
    this.findings.push(...findings)
    const [document] = documents
    if (document === undefined && findings.length === 0) {
      this.add(contractFaults.structure, { file, line: 1, column: 1, path: '' }, 'The file is empty.')
    }
    const node = document && new ContractNode(document, pointer([]), document.value)
    this.#documents.set(file, node)
    return node
  }
}
