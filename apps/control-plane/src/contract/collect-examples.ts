import {
  type ExampleReply,
  MAX_CONTRACT_CHARACTERS,
  MAX_EXAMPLE_CHARACTERS,
  MAX_OPERATION_CHARACTERS,
} from '@portcullis/model/example-reply'
import { name, type StatedOperation } from './collect-operations.ts'
import { contractFaults } from './contract-fault.ts'
import type { ContractNode } from './contract-node.ts'
import type { ContractReading } from './contract-reading.ts'

const MAX_REPLIES = 64

/** The examples of a contract's responses, held to limits; what is left out for them is told. */
export class ExampleCollector {
  readonly #reading: ContractReading
  #characters = 0

  constructor(reading: ContractReading) {
    this.#reading = reading
  }

  /** In the order of the document. Responses under `default` say nothing of a status and have none. */
  of(operation: StatedOperation): ExampleReply[] {
    const kept: ExampleReply[] = []
    let characters = 0
    for (const each of this.#all(operation)) {
      const size = each.body?.length ?? 0
      const fits =
        kept.length < MAX_REPLIES &&
        size <= MAX_EXAMPLE_CHARACTERS &&
        characters + size <= MAX_OPERATION_CHARACTERS &&
        this.#characters + size <= MAX_CONTRACT_CHARACTERS
      if (!fits) {
        const detail = `An example of ${name(operation)} for ${each.status} is left out: it is too large, or one too many.`
        this.#reading.warn(contractFaults.example, operation.node.get('responses') ?? operation.node, detail)
        continue
      }
      characters += size
      this.#characters += size
      kept.push(each)
    }
    return kept
  }

  #all(operation: StatedOperation): ExampleReply[] {
    const responses = operation.node.get('responses')
    if (responses?.isObject !== true) return []
    return responses.entries().flatMap(([key, part]) => {
      const status = statusOf(key)
      const response = this.#reading.follow(part)
      return status === undefined || response === undefined ? [] : this.#ofResponse(status, response)
    })
  }

  #ofResponse(status: number, response: ContractNode): ExampleReply[] {
    const content = response.get('content')
    if (content?.isObject !== true || content.entries().length === 0) return [{ status }]
    return content.entries().flatMap(([mediaType, part]) => {
      const node = this.#reading.follow(part)
      // A range says nothing of what is really sent.
      if (node === undefined || mediaType.includes('*')) return []
      return this.#ofContent(node).flatMap(({ name: key, value }): ExampleReply[] => {
        const body = bodyOf(mediaType, value)
        return body === undefined
          ? []
          : [{ status, ...(key !== undefined && { name: key }), mediaType, body }]
      })
    })
  }

  /** The content's own examples, else those of its schema. */
  #ofContent(content: ContractNode): { readonly name?: string; readonly value: unknown }[] {
    const examples = content.get('examples')
    if (examples?.isObject === true) {
      return examples.entries().flatMap(([key, part]) => {
        const value = this.#reading.follow(part)?.get('value')
        return value === undefined ? [] : [{ name: key, value: value.value }]
      })
    }
    const schema = content.get('schema')
    const described = schema && this.#reading.follow(schema)
    const single = content.get('example') ?? described?.get('example') ?? described?.get('examples')?.get('0')
    return single === undefined ? [] : [{ value: single.value }]
  }
}

/** `2XX` stands for its first (OpenAPI 3.1 §4.8.16.2). */
function statusOf(key: string): number | undefined {
  if (!/^[2-5]([0-9]{2}|XX)$/.test(key)) return undefined
  return Number(key.replace('XX', '00'))
}

/** What would be sent: JSON written out, other texts as they stand. `undefined` where nobody says how a value is written. */
function bodyOf(mediaType: string, value: unknown): string | undefined {
  const essence = (mediaType.split(';', 1)[0] as string).trim().toLowerCase()
  if (essence === 'application/json' || essence.endsWith('+json')) return JSON.stringify(value)
  return typeof value === 'string' ? value : undefined
}
