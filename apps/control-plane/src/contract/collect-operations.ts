import { type Method, methods } from '@portcullis/model/contract'
import { parseTemplate, type Template } from '@portcullis/model/route/template'
import { contractFaults } from './contract-fault.ts'
import { type ContractNode, isExtension } from './contract-node.ts'
import type { ContractReading } from './contract-reading.ts'

/** An operation as the document states it. */
export interface StatedOperation {
  readonly id: string
  readonly method: Method
  readonly path: string
  readonly template: Template
  readonly node: ContractNode
  /** The path item, references followed. */
  readonly item: ContractNode
}

const methodByKey = new Map<string, Method>(methods.map((method) => [method.toLowerCase(), method]))

/** Every operation that callers may call, in the order of the document. Webhooks and callbacks are calls of ours. */
export function collectOperations(root: ContractNode, reading: ContractReading): StatedOperation[] {
  const paths = root.get('paths')
  const stated = (paths?.isObject === true ? paths.entries() : [])
    .filter(([path]) => !isExtension(path))
    .flatMap(([path, part]) => operationsOf(path, part, reading))
  if (stated.length > reading.limits.maxOperations) {
    const detail = `It has ${stated.length} operations; at most ${reading.limits.maxOperations} are compiled.`
    reading.report(contractFaults.limit, paths ?? root, detail)
    return []
  }
  if (stated.length === 0 && reading.findings.length === 0) {
    reading.report(contractFaults.empty, paths ?? root, 'It states no operation under `paths`.')
  }
  reportRepeatedIds(stated, reading)
  return stated
}

function operationsOf(path: string, part: ContractNode, reading: ContractReading): StatedOperation[] {
  const item = pathItem(path, part, reading)
  const parsed = parseTemplate(path)
  if ('reason' in parsed) {
    reading.report(contractFaults.template, part, `"${path}" is no path template: ${parsed.reason}.`)
    return []
  }
  if (item?.get('trace') !== undefined) {
    reading.report(contractFaults.method, item.get('trace') ?? item, `"TRACE ${path}" cannot be served.`)
  }
  return (item?.entries() ?? []).flatMap(([key, node]) => {
    const method = methodByKey.get(key)
    if (item === undefined || method === undefined || !node.isObject) return []
    const id = node.text('operationId') || `${method} ${path}`
    return [{ id, method, path, template: parsed.template, node, item }]
  })
}

/** Beside a reference nothing may stand that the referenced item could contradict (OpenAPI 3.1 §4.8.9.1). */
function pathItem(path: string, part: ContractNode, reading: ContractReading): ContractNode | undefined {
  if (part.text('$ref') === undefined) return part.isObject ? part : undefined
  for (const [key, node] of part.entries()) {
    if (key === '$ref' || key === 'summary' || key === 'description' || isExtension(key)) continue
    const detail = `"${key}" stands beside the reference of "${path}", and nobody says which of the two counts.`
    reading.report(contractFaults.structure, node, detail, 'Move it to where the reference leads.')
  }
  return reading.follow(part)
}

function reportRepeatedIds(stated: readonly StatedOperation[], reading: ContractReading): void {
  const first = new Map<string, StatedOperation>()
  for (const each of stated) {
    const other = first.get(each.id)
    if (other === undefined) {
      first.set(each.id, each)
      continue
    }
    const detail = `"${each.id}" is the id of ${name(other)} and of ${name(each)}.`
    reading.report(contractFaults.operationId, each.node.get('operationId') ?? each.node, detail)
  }
}

export function name({ method, path }: Pick<StatedOperation, 'method' | 'path'>): string {
  return `${method} ${path}`
}
