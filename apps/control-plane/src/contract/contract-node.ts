import type { Place } from '@portcullis/kernel/fault'
import { pointer } from '@portcullis/kernel/schema'
import type { SourceDocument } from '../source/read-source.ts'

/** A value of a contract that knows where it stands. */
export class ContractNode {
  readonly document: SourceDocument
  /** JSON Pointer (RFC 6901) in its document. */
  readonly pointer: string
  readonly value: unknown

  constructor(document: SourceDocument, at: string, value: unknown) {
    this.document = document
    this.pointer = at
    this.value = value
  }

  get place(): Place {
    return { file: this.document.file, ...this.document.locate(this.pointer), path: this.pointer }
  }

  /** What makes two nodes the same: no value stands twice in a document. */
  get key(): string {
    return `${this.document.file}#${this.pointer}`
  }

  get isObject(): boolean {
    return typeof this.value === 'object' && this.value !== null && !Array.isArray(this.value)
  }

  get isList(): boolean {
    return Array.isArray(this.value)
  }

  /** The part under a key of an object or an index of a list. */
  get(key: string): ContractNode | undefined {
    const { value } = this
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    if (Array.isArray(value) && key === 'length') return undefined
    const part = (value as Record<string, unknown>)[key]
    return new ContractNode(this.document, pointer([key], this.pointer), part)
  }

  text(key: string): string | undefined {
    const value = this.get(key)?.value
    return typeof value === 'string' ? value : undefined
  }

  /** Keys and parts of an object or list, in the order of the text; nothing for anything else. */
  entries(): [string, ContractNode][] {
    if (typeof this.value !== 'object' || this.value === null) return []
    return Object.keys(this.value).map((key) => [key, this.get(key) as ContractNode])
  }

  parts(): ContractNode[] {
    return this.entries().map(([, part]) => part)
  }
}

/** Keys with which a specification is extended say nothing about operations (OpenAPI 3.1 §4.9). */
export const isExtension = (key: string): boolean => key.startsWith('x-')
