import type { StatedOperation } from './collect-operations.ts'
import { name } from './collect-operations.ts'
import { contractFaults } from './contract-fault.ts'
import type { ContractNode } from './contract-node.ts'
import type { ContractReading } from './contract-reading.ts'

const LOCATIONS = new Set(['path', 'query', 'header', 'cookie'])

/** The operation's own parameters override those of its path item (OpenAPI 3.1 §4.8.10.1). */
export function checkParameters(operation: StatedOperation, reading: ContractReading): void {
  const shared = parametersOf(operation.item, reading)
  const own = parametersOf(operation.node, reading)
  const inPath = [...new Map([...shared, ...own])].filter(([key]) => key.startsWith('path '))
  const declared = new Map(inPath.map(([key, node]) => [key.slice('path '.length), node]))
  const variables = new Set(operation.template.variables)
  for (const [parameter, node] of declared) {
    if (!variables.has(parameter)) {
      const detail = `The path "${operation.path}" has no variable {${parameter}} for this parameter.`
      reading.report(contractFaults.parameter, node, detail)
    }
  }
  for (const variable of variables) {
    if (declared.has(variable)) continue
    const detail = `${name(operation)} declares no parameter for the variable {${variable}} of its path.`
    reading.report(contractFaults.parameter, operation.node, detail)
  }
}

/** By place and name; what is wrong with one of them is reported. */
function parametersOf(owner: ContractNode, reading: ContractReading): Map<string, ContractNode> {
  const parameters = new Map<string, ContractNode>()
  const list = owner.get('parameters')
  for (const part of list?.isList === true ? list.parts() : []) {
    const node = reading.follow(part)
    const parameter = node?.text('name')
    const location = node?.text('in')
    if (node === undefined || parameter === undefined || location === undefined) continue
    const key = `${location} ${parameter}`
    if (!LOCATIONS.has(location)) {
      const detail = `The parameter "${parameter}" is in "${location}", which is none of path, query, header, cookie.`
      reading.report(contractFaults.parameter, node, detail)
    }
    if (location === 'path' && node.get('required')?.value !== true) {
      const detail = `The path parameter "${parameter}" is not marked \`required: true\`.`
      reading.report(contractFaults.parameter, node, detail)
    }
    if (parameters.has(key)) {
      reading.report(
        contractFaults.parameter,
        part,
        `The ${location} parameter "${parameter}" is declared twice.`,
      )
    }
    parameters.set(key, node)
  }
  return parameters
}
