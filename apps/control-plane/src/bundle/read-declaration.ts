import { posix } from 'node:path'
import type { FaultKind } from '@portcullis/kernel/fault'
import { type Issue, issuesOf, pointer } from '@portcullis/kernel/schema'
import { type Finding, findingOf } from '@portcullis/model/finding/finding'
import {
  declaration,
  kinds,
  type Resource,
  type ResourceOf,
  specs,
} from '@portcullis/model/resource/resource'
import { textFileOf, withTextFile } from '@portcullis/model/resource/text-file'
import type { SourceDocument } from '../source/source-document.ts'
import type { Bundle } from './bundle.ts'
import { type BundledContract, collectContract } from './collect-contract.ts'
import { type Declared, placeIn } from './declared.ts'
import { bundleFaults } from './fault.ts'

/** What a document declares, or everything that is wrong with it. */
export type Reading =
  | { readonly declared: Declared; readonly used: readonly string[] }
  | { readonly findings: Finding[] }

export function readDeclaration(bundle: Bundle, document: SourceDocument): Reading {
  const outer = declaration.safeParse(document.value)
  if (!outer.success) return { findings: told(document, everyIssue(document.value)) }
  const { kind, organization, name } = outer.data
  const spec = specs[kind].safeParse(outer.data.spec)
  if (!spec.success) return { findings: told(document, issuesOf(specs[kind], outer.data.spec, '/spec')) }
  // The schema was chosen by the kind, which the compiler cannot see through the look-up.
  const resource = { kind, organization, name, spec: spec.data } as Resource
  if (kind === 'Organization' && name !== organization) {
    const detail = `"${name}" is said to be of "${organization}".`
    return { findings: [at(document, '/organization', bundleFaults['foreign-organization'], detail)] }
  }
  if (resource.kind === 'Api') return readContracts(bundle, document, resource)
  return readTextFile(bundle, document, resource)
}

/** Reads the file that a resource names, where it names one, and names it as an export does. */
function readTextFile(bundle: Bundle, document: SourceDocument, resource: Resource): Reading {
  const declared = { document, contracts: new Map() }
  const named = textFileOf(resource)
  // What was read back through the management API brings its text along.
  if (named === undefined || named.text !== undefined)
    return { declared: { ...declared, resource }, used: [] }
  const path = posix.join(posix.dirname(document.file), named.file)
  const text = Object.hasOwn(bundle, path) && !posix.isAbsolute(named.file) ? bundle[path] : undefined
  if (text === undefined) {
    const detail = `There is no "${path}" in the bundle.`
    return { findings: [at(document, named.at, bundleFaults['no-text-file'], detail)] }
  }
  const read = withTextFile(resource, { file: `${resource.name}/${posix.basename(path)}`, text })
  const issues = issuesOf(specs[read.kind], read.spec, '/spec')
  if (issues.length > 0) return { findings: told(document, issues) }
  return { declared: { ...declared, resource: read, textFile: path }, used: [path] }
}

/** What the store keeps in one document, with a margin. */
const MAX_CONTRACT_BYTES = 15 * 1024 * 1024

/** Finds the contracts of an API, and names them as an export does: what is stored says nothing of where it came from. */
function readContracts(bundle: Bundle, document: SourceDocument, api: ResourceOf<'Api'>): Reading {
  const contracts = new Map<string, BundledContract>()
  const findings: Finding[] = []
  const versions: ResourceOf<'Api'>['spec']['versions'] = {}
  for (const [version, spec] of Object.entries(api.spec.versions)) {
    const path = posix.join(posix.dirname(document.file), spec.contract)
    if (posix.isAbsolute(spec.contract) || !Object.hasOwn(bundle, path)) {
      const place = pointer(['spec', 'versions', version, 'contract'])
      findings.push(at(document, place, bundleFaults['no-contract'], `There is no "${path}" in the bundle.`))
      continue
    }
    const contract = collectContract(bundle, path)
    if (Buffer.byteLength(JSON.stringify(contract.files)) > MAX_CONTRACT_BYTES) {
      const place = pointer(['spec', 'versions', version, 'contract'])
      findings.push(
        at(document, place, bundleFaults['large-contract'], `"${path}" and what it refers to is too much.`),
      )
    }
    contracts.set(version, contract)
    versions[version] = { ...spec, contract: `${api.name}/${version}/${contract.files.root}` }
  }
  if (findings.length > 0) return { findings }
  const resource = { ...api, spec: { ...api.spec, versions } }
  return {
    declared: { resource, document, contracts },
    used: [...contracts.values()].flatMap((contract) => [...contract.used]),
  }
}

/** What is wrong around the spec, and, where the kind can be told all the same, in it. */
function everyIssue(value: unknown): Issue[] {
  const issues = issuesOf(declaration, value)
  const { kind, spec } = (value ?? {}) as { readonly kind?: unknown; readonly spec?: unknown }
  const known = kinds.find((each) => each === kind)
  if (known === undefined || typeof spec !== 'object' || spec === null) return issues
  return [...issues, ...issuesOf(specs[known], spec, '/spec')]
}

function told(document: SourceDocument, issues: readonly Issue[]): Finding[] {
  return issues.map((issue) => ({
    severity: 'error',
    code: bundleFaults['bad-declaration'].code,
    message: issue.message,
    remedy: issue.remedy,
    ...placeIn(document, issue.path),
  }))
}

function at(document: SourceDocument, path: string, kind: FaultKind, detail: string): Finding {
  return findingOf(kind({ detail, place: placeIn(document, path) }))
}
