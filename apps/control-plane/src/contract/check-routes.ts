import { type Ambiguity, findAmbiguities } from '@portcullis/model/route/find-ambiguities'
import { name, type StatedOperation } from './collect-operations.ts'
import { contractFaults } from './contract-fault.ts'
import type { ContractReading } from './contract-reading.ts'

interface OperationRoute {
  readonly method: StatedOperation['method']
  readonly template: string
  readonly operation: StatedOperation
}

/** Refuses operations of which a gateway and a backend could disagree which one a path means. */
export function checkRoutes(operations: readonly StatedOperation[], reading: ContractReading): void {
  const routes: OperationRoute[] = operations.map((operation) => ({
    method: operation.method,
    template: operation.path,
    operation,
  }))
  for (const ambiguity of findAmbiguities(routes)) {
    reading.report(contractFaults.ambiguous, ambiguity.second.operation.node, describe(ambiguity))
  }
}

function describe({ kind, first, second, example }: Ambiguity<OperationRoute>): string {
  const { document, pointer } = first.operation.node
  const other = `${name(first.operation)} (${document.file}:${document.locate(pointer).line})`
  const own = name(second.operation)
  if (kind === 'duplicate') return `${own} is the same operation as ${other}.`
  if (kind === 'renamed') return `${own} differs from ${other} only in the names of its variables.`
  return `${own} and ${other} both match ${example}, and neither is the more specific.`
}
