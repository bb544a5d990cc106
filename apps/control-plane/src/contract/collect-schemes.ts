import { type SecurityScheme, securityScheme } from '@portcullis/model/security'
import { contractFaults } from './contract-fault.ts'
import { type ContractNode, isExtension } from './contract-node.ts'
import type { ContractReading } from './contract-reading.ts'

/** A security scheme of the contract, and the scopes that may be demanded of it. */
export interface DeclaredScheme {
  readonly scheme: SecurityScheme
  /** Descriptions by scope; `any` where the provider declares them elsewhere (OpenID Connect); none for the rest. */
  readonly scopes: ReadonlyMap<string, string> | 'any'
}

/** Every security scheme by name. What is wrong with one is reported, and its name kept, without a scheme. */
export function collectSchemes(
  root: ContractNode,
  reading: ContractReading,
): ReadonlyMap<string, DeclaredScheme | undefined> {
  const declared = root.get('components')?.get('securitySchemes')
  const schemes = new Map<string, DeclaredScheme | undefined>()
  for (const [name, part] of declared?.isObject === true ? declared.entries() : []) {
    if (isExtension(name)) continue
    const node = reading.follow(part)
    if (isInherited(name)) {
      reading.report(
        contractFaults.scheme,
        part,
        `"${name}" cannot be the name of a scheme.`,
        'Choose another name.',
      )
    }
    schemes.set(name, node && readScheme(name, node, reading))
  }
  return schemes
}

/** Names that every JavaScript object answers to: whoever looks them up must not find what nobody declared. */
export const isInherited = (name: string): boolean => name in Object.prototype

function readScheme(name: string, node: ContractNode, reading: ContractReading): DeclaredScheme | undefined {
  const parsed = securityScheme.safeParse(enforced(node))
  if (!parsed.success) {
    const detail = `The scheme "${name}" is malformed: ${describe(node)}.`
    reading.report(contractFaults.scheme, node, detail)
    return undefined
  }
  const { type } = parsed.data
  if (type === 'openIdConnect') return { scheme: parsed.data, scopes: 'any' }
  return { scheme: parsed.data, scopes: type === 'oauth2' ? collectScopes(name, node, reading) : new Map() }
}

/** What is kept of a scheme: all that a gateway needs to find the credential. */
function enforced(node: ContractNode): unknown {
  const type = node.text('type')
  if (type === 'http') return { type, scheme: node.text('scheme')?.toLowerCase() }
  if (type === 'apiKey') return { type, in: node.text('in'), name: node.text('name') }
  if (type === 'oauth2' && node.get('flows')?.isObject !== true) return undefined
  return { type }
}

function describe(node: ContractNode): string {
  const type = node.text('type')
  if (type === 'http') return '`type: http` needs a `scheme`, such as bearer'
  if (type === 'apiKey') return '`type: apiKey` needs `in` (header, query or cookie) and `name`'
  if (type === 'oauth2') return '`type: oauth2` needs `flows`'
  return '`type` is none of oauth2, openIdConnect, http, apiKey, mutualTLS'
}

function collectScopes(name: string, node: ContractNode, reading: ContractReading): Map<string, string> {
  const scopes = new Map<string, string>()
  for (const [flow, part] of node.get('flows')?.entries() ?? []) {
    const declared = isExtension(flow) ? undefined : part.get('scopes')
    for (const [scope, at] of declared?.isObject === true ? declared.entries() : []) {
      if (!checkScopeName(scope, at, reading)) continue
      const description = typeof at.value === 'string' ? at.value.trim() : ''
      const known = scopes.get(scope)
      if (description === '') {
        reading.warn(
          contractFaults.scopeDescription,
          at,
          `The scope "${scope}" of "${name}" has no description.`,
        )
      } else if (known !== undefined && known !== '' && known !== description) {
        const detail = `The scope "${scope}" of "${name}" has two descriptions; the first is shown.`
        reading.warn(contractFaults.scopeDescription, at, detail)
      }
      scopes.set(scope, known || description)
    }
  }
  return scopes
}

/** RFC 6749 §3.3: printable ASCII without space, quote and backslash. */
export function checkScopeName(scope: string, node: ContractNode, reading: ContractReading): boolean {
  const isToken = [...scope].every((character) => {
    const code = character.codePointAt(0) as number
    return code > 32 && code < 127 && code !== 34 && code !== 92
  })
  if (isToken && scope !== '' && scope.length <= 256 && !isInherited(scope)) return true
  const remedy =
    'Name it with 1 to 256 printable ASCII characters without space, quote and backslash (RFC 6749 §3.3).'
  reading.report(contractFaults.scope, node, `"${scope.slice(0, 80)}" cannot be the name of a scope.`, remedy)
  return false
}
