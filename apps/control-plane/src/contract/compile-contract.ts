import { issuesOf } from '@portcullis/kernel/schema'
import type { ContractFiles } from '@portcullis/model/collection'
import { type Contract, contract } from '@portcullis/model/contract'
import type { Finding } from '@portcullis/model/finding/finding'
import { checkParameters } from './check-parameters.ts'
import { checkReferences } from './check-references.ts'
import { checkRoutes } from './check-routes.ts'
import { checkStructure } from './check-structure.ts'
import { DataClasses } from './collect-data-classes.ts'
import { ExampleCollector } from './collect-examples.ts'
import { collectOperations, name } from './collect-operations.ts'
import { collectSchemes } from './collect-schemes.ts'
import { effectiveSecurity, type Schemes } from './collect-security.ts'
import { contractFaults } from './contract-fault.ts'
import { type ContractLimits, contractLimits } from './contract-limit.ts'
import type { ContractNode } from './contract-node.ts'
import { ContractReading } from './contract-reading.ts'
import type { OpenApiVersion } from './structure-schema.ts'

export interface CompiledContract {
  /** Absent where a finding is an error. */
  readonly contract?: Contract
  /** In the order of files and lines. */
  readonly findings: readonly Finding[]
}

/**
 * Compiles an OpenAPI document, 3.0 or 3.1, and the files of its folder that it refers to, into what is enforced.
 * Pure: nothing is read from disk or network. Never throws for what is in the files.
 *
 * It takes as long as the document is large, up to seconds: where requests are served, `openContractCompiler` does
 * the same in another thread.
 */
export function compileContract(
  files: ContractFiles,
  limits: ContractLimits = contractLimits,
): CompiledContract {
  const reading = new ContractReading(files, limits)
  const root = reading.root()
  const version = root && versionOf(root, reading)
  const compiled = root && version && compile(root, version, reading)
  if (reading.dropped > 0) {
    const detail = `${reading.dropped} more findings are not listed.`
    reading.findings.push({ ...missingRoom(files.root), message: detail })
  }
  const findings = ordered(withoutEchoes(reading.findings), files.root)
  const isFine = compiled !== undefined && findings.every((each) => each.severity !== 'error')
  return isFine ? { contract: compiled, findings } : { findings }
}

/** All steps are taken, so that everything wrong is told at once. */
function compile(
  root: ContractNode,
  version: OpenApiVersion,
  reading: ContractReading,
): Contract | undefined {
  const fragments = checkReferences(root, reading)
  checkStructure(version, root, fragments, reading)
  const schemes = collectSchemes(root, reading)
  const stated = collectOperations(root, reading)
  checkRoutes(stated, reading)
  const dataClasses = new DataClasses(reading)
  const examples = new ExampleCollector(reading)
  const operations = stated.map((operation) => {
    checkParameters(operation, reading)
    const security = effectiveSecurity(operation.node, name(operation), root, schemes, reading) ?? []
    const classes = dataClasses.of(root, operation)
    const replies = examples.of(operation)
    const { id, method, path } = operation
    return {
      ...{ id, method, path, security },
      ...(classes && { dataClasses: classes }),
      ...(replies.length > 0 && { replies }),
    }
  })
  const result: Contract = {
    title: root.get('info')?.text('title') ?? '',
    operations,
    scopes: scopesOf(schemes, operations),
    schemes: Object.fromEntries([...schemes].flatMap(([key, each]) => (each ? [[key, each.scheme]] : []))),
  }
  for (const issue of issuesOf(contract, result)) {
    reading.report(
      contractFaults.limit,
      root,
      `The compiled contract’s ${issue.path} is refused: ${issue.message}.`,
    )
  }
  return result
}

function versionOf(root: ContractNode, reading: ContractReading): OpenApiVersion | undefined {
  const stated = root.get('openapi')?.value
  const [major, minor, patch] = typeof stated === 'string' ? stated.split('.') : []
  const version = `${major}.${minor}`
  if ((version === '3.0' || version === '3.1') && patch !== undefined) return version
  const swagger = root.get('swagger')?.value
  const found =
    swagger !== undefined
      ? `Swagger ${String(swagger).slice(0, 20)}`
      : stated === undefined
        ? 'a document without `openapi`'
        : `OpenAPI ${String(JSON.stringify(stated)).slice(0, 20)}`
  const at = root.get('openapi') ?? root.get('swagger') ?? root
  reading.report(contractFaults.version, at, `This is ${found}.`)
  return undefined
}

/**
 * The scopes that contracts declare are all that the authorization server grants. One that people are to consent to
 * without a description is described by its name.
 */
function scopesOf(schemes: Schemes, operations: Contract['operations']): Record<string, string> {
  const scopes = new Map<string, string>()
  const describe = (scope: string, description: string): void => {
    if (!scopes.has(scope) || scopes.get(scope) === scope) scopes.set(scope, description || scope)
  }
  for (const each of schemes.values()) {
    if (each !== undefined && each.scopes !== 'any')
      for (const [scope, text] of each.scopes) describe(scope, text)
  }
  for (const alternative of operations.flatMap((each) => each.security)) {
    for (const scope of Object.values(alternative).flat()) describe(scope, '')
  }
  return Object.fromEntries(scopes)
}

function missingRoom(file: string): Finding {
  const { code, remedy } = contractFaults.limit
  return { severity: 'error', code, message: '', remedy: `Mend those that are listed first. ${remedy}`, file }
}

/** Where another error knows what is wrong, the general one of the structure is left out. */
function withoutEchoes(findings: readonly Finding[]): Finding[] {
  const isStructure = (each: Finding): boolean => each.code === contractFaults.structure.code
  const placeOf = ({ file, path }: Finding): string => `${file}#${path}`
  const specific = findings.filter((each) => each.severity === 'error' && !isStructure(each))
  const places = new Set(specific.map(placeOf))
  // Of a scheme, what is wrong with it as a whole covers its parts.
  const schemes = new Set(specific.filter((each) => each.code === contractFaults.scheme.code).map(placeOf))
  const isEcho = (each: Finding): boolean => {
    const place = placeOf(each)
    return places.has(place) || schemes.has(place.slice(0, place.lastIndexOf('/')))
  }
  return findings.filter((each) => !isStructure(each) || !isEcho(each))
}

/** The root file first, then by name; within a file from top to bottom. */
function ordered(findings: readonly Finding[], root: string): Finding[] {
  const rank = (file: string | undefined): string => (file === root ? '' : (file ?? ''))
  return findings.toSorted(
    (a, b) =>
      compareText(rank(a.file), rank(b.file)) ||
      (a.line ?? Infinity) - (b.line ?? Infinity) ||
      (a.column ?? 0) - (b.column ?? 0),
  )
}

function compareText(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1
}
