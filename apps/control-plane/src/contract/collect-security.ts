import type { Alternative, Security } from '@portcullis/model/security'
import { checkScopeName, type DeclaredScheme } from './collect-schemes.ts'
import { contractFaults } from './contract-fault.ts'
import type { ContractNode } from './contract-node.ts'
import type { ContractReading } from './contract-reading.ts'

export type Schemes = ReadonlyMap<string, DeclaredScheme | undefined>

/**
 * The requirement in effect for an operation: its own if it states one, also an empty one, else the document's
 * (OpenAPI 3.1 §4.8.10.1). `undefined`, with a finding, where nobody said who may call.
 */
export function effectiveSecurity(
  operation: ContractNode,
  name: string,
  root: ContractNode,
  schemes: Schemes,
  reading: ContractReading,
): Security | undefined {
  const stated = operation.get('security') ?? root.get('security')
  if (stated?.isList === true) return readSecurity(stated, schemes, reading)
  if (stated !== undefined) {
    reportMalformed(stated, 'a list of alternatives, such as [{ oauth: [read] }]', reading)
    return undefined
  }
  const detail = `The operation "${name}" has no security requirement, and neither has the document.`
  reading.report(contractFaults.unsecured, operation, detail)
  return undefined
}

function readSecurity(list: ContractNode, schemes: Schemes, reading: ContractReading): Security {
  return list.parts().map((alternative) => {
    // Never taken for `{}`, which lets everybody pass.
    if (!alternative.isObject) reportMalformed(alternative, 'an object of schemes and their scopes', reading)
    const entries = alternative.isObject ? alternative.entries() : []
    return Object.fromEntries(
      entries.map(([scheme, scopes]) => [scheme, readScopes(scheme, scopes, schemes, reading)]),
    ) satisfies Alternative
  })
}

function reportMalformed(node: ContractNode, expected: string, reading: ContractReading): void {
  reading.report(contractFaults.scheme, node, 'The security requirement is malformed.', `Write ${expected}.`)
}

function readScopes(name: string, list: ContractNode, schemes: Schemes, reading: ContractReading): string[] {
  if (!schemes.has(name)) {
    reading.report(contractFaults.scheme, list, `There is no security scheme "${name}" in this contract.`)
  }
  if (!list.isList) reportMalformed(list, 'a list of scopes, [] where the scheme has none', reading)
  const declared = schemes.get(name)
  const scopes = list.isList ? list.parts() : []
  if (declared === undefined) return []
  return scopes.flatMap((node) => {
    const scope = node.value
    if (typeof scope !== 'string') {
      reportMalformed(node, 'the name of a scope', reading)
      return []
    }
    if (declared.scopes === 'any') return checkScopeName(scope, node, reading) ? [scope] : []
    if (declared.scopes.has(scope)) return [scope]
    reportScope(scope, name, declared, node, reading)
    return []
  })
}

function reportScope(
  scope: string,
  name: string,
  { scheme }: DeclaredScheme,
  node: ContractNode,
  reading: ContractReading,
): void {
  if (scheme.type === 'oauth2') {
    reading.report(
      contractFaults.scope,
      node,
      `No flow of the scheme "${name}" declares the scope "${scope}".`,
    )
    return
  }
  // OpenAPI 3.0 demands an empty list here; 3.1 allows role names that are "not otherwise defined".
  const detail = `The scheme "${name}" is of type ${scheme.type}, which has no scopes: "${scope}" could not be enforced.`
  const remedy = 'Leave the list empty, or declare a scheme of `type: oauth2` that has this scope.'
  reading.report(contractFaults.scope, node, detail, remedy)
}
