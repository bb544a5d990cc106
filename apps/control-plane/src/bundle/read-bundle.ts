import { type Finding, findingOf } from '@portcullis/model/finding/finding'
import { resourceId } from '@portcullis/model/resource/resource'
import { readSource } from '../source/read-source.ts'
import type { SourceDocument } from '../source/source-document.ts'
import { type Bundle, checkBundle } from './bundle.ts'
import { type Declared, placeIn } from './declared.ts'
import { bundleFaults } from './fault.ts'
import { readDeclaration } from './read-declaration.ts'

export interface BundleReading {
  readonly declared: readonly Declared[]
  readonly findings: readonly Finding[]
}

interface ReadFile {
  readonly file: string
  readonly declarations: readonly SourceDocument[]
  readonly others: readonly SourceDocument[]
  readonly findings: readonly Finding[]
}

/**
 * Reads every declaration of a bundle and the contracts that they name. A file that is neither is an error, except for
 * the `spare` ones: contract files that may have become unused.
 */
export function readBundle(bundle: Bundle, spare: ReadonlySet<string> = new Set()): BundleReading {
  const findings = checkBundle(bundle)
  const declared = new Map<string, Declared>()
  const used = new Set(spare)
  const files = Object.entries(bundle).map(([file, text]) => readFile(file, text))
  for (const document of files.flatMap((file) => file.declarations)) {
    const reading = readDeclaration(bundle, document)
    if ('findings' in reading) {
      findings.push(...reading.findings)
      continue
    }
    for (const file of reading.used) used.add(file)
    const id = resourceId(reading.declared.resource)
    const first = declared.get(id)
    if (first === undefined) declared.set(id, reading.declared)
    else findings.push(duplicate(id, first.document, document))
  }
  // Where a declaration could not be read, nobody knows which contracts it names.
  const complete = findings.length === 0 && files.every((file) => file.findings.length === 0)
  for (const file of files) {
    if (used.has(file.file)) continue
    findings.push(...file.findings, ...file.others.map((document) => withoutKind(document)))
    const isNothing = file.declarations.length + file.others.length + file.findings.length === 0
    if (isNothing && complete) findings.push(unused(file.file))
  }
  return { declared: [...declared.values()], findings }
}

/**
 * Only a text that mentions a kind can declare something: contracts, which can be large, are not parsed here. Cedar and
 * XML declare nothing by themselves.
 */
function readFile(file: string, text: string): ReadFile {
  const nothing = { file, declarations: [], others: [], findings: [] }
  if (!text.includes('kind') || /\.(cedar|xml)$/.test(file)) return nothing
  const { documents, findings } = readSource(file, text)
  const declarations = documents.filter((document) => hasKind(document.value))
  if (declarations.length === 0 && findings.length === 0) return nothing
  return { file, declarations, others: documents.filter((document) => !hasKind(document.value)), findings }
}

function hasKind(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.hasOwn(value, 'kind')
}

function duplicate(id: string, first: SourceDocument, second: SourceDocument): Finding {
  const { line } = first.locate('/kind')
  const detail = `${id} is already declared in ${first.file}:${line}.`
  return findingOf(bundleFaults['duplicate-declaration']({ detail, place: placeIn(second, '/name') }))
}

function withoutKind(document: SourceDocument): Finding {
  return findingOf(bundleFaults['no-kind']({ place: placeIn(document, '') }))
}

function unused(file: string): Finding {
  return findingOf(bundleFaults['unused-file']({ detail: `Nothing uses ${file}.`, place: { file } }))
}
