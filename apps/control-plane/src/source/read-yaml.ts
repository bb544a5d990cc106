import { pointer } from '@portcullis/kernel/schema'
import type { Finding } from '@portcullis/model/finding/finding'
import {
  type Document,
  type ErrorCode,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
  type YAMLError,
} from 'yaml'
import {
  errorAt,
  keysOf,
  type Position,
  type Source,
  type SourceDocument,
  type SourceLimits,
} from './source-document.ts'
import { sourceFaults } from './source-fault.ts'
import { keyText, YamlStop, YamlValues } from './yaml-values.ts'

/** Reads YAML 1.2 with the core schema: `no`, `on` and dates are texts. Empty documents are left out. */
export function readYaml(file: string, text: string, limits: SourceLimits): Source {
  const lines = new LineCounter()
  const parsed = parseAllDocuments(text, {
    lineCounter: lines,
    version: '1.2',
    schema: 'core',
    merge: false,
    resolveKnownTags: false,
    // The library compares every key with every other one; we use a set.
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'silent',
  })
  const parts: readonly Document.Parsed[] = Array.isArray(parsed) ? parsed : []
  const documents = parts.filter((each) => !isEmpty(each))
  if (documents.length > limits.maxDocuments) {
    const detail = `It has ${documents.length} documents; at most ${limits.maxDocuments} are read.`
    return { documents: [], findings: [errorAt(sourceFaults.tooLarge, { file }, detail)] }
  }
  const read = documents.map((each) => readDocument(file, each, lines, limits))
  return {
    documents: read.flatMap((each) => ('value' in each ? [each] : [])),
    findings: read.flatMap((each) => ('findings' in each ? each.findings : [])),
  }
}

function readDocument(
  file: string,
  document: Document.Parsed,
  lines: LineCounter,
  limits: SourceLimits,
): SourceDocument | { readonly findings: Finding[] } {
  const positionOf = (offset: number): Position => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  const findings = causesAmong([...document.errors, ...document.warnings]).map((error) =>
    errorAt(
      sourceFaults.malformed,
      { file, ...positionOf(error.pos[0]) },
      `This is no YAML: ${error.message}`,
      remedies[error.code],
    ),
  )
  if (document.directives.yaml.explicit === true && document.directives.yaml.version !== '1.2') {
    const remedy = 'Remove the %YAML directive: documents are read as YAML 1.2.'
    findings.push(errorAt(sourceFaults.unsupported, { file, line: 1, column: 1 }, 'It is YAML 1.1.', remedy))
  }
  if (findings.length > 0) return { findings }
  const root = document.contents as Node
  try {
    const value = new YamlValues(limits).valueOf(root)
    const locate = (at: string): Position => positionOf(offsetOf(document, root, keysOf(at)))
    return { file, value, locate }
  } catch (thrown) {
    if (!(thrown instanceof YamlStop)) throw thrown
    const place = { file, ...positionOf(thrown.offset), path: pointer(thrown.keys) }
    return { findings: [errorAt(sourceFaults[thrown.kind], place, thrown.message, thrown.remedy)] }
  }
}

/** What to do about the errors that are made most. */
const remedies: Readonly<Partial<Record<ErrorCode, string>>> = {
  TAB_AS_INDENT: 'Indent with spaces.',
  BAD_INDENT: 'Indent this line like those beside it, or close the bracket that is open before it.',
  BLOCK_AS_IMPLICIT_KEY: 'Put the text in quotes where it holds ": ", or mend the indentation.',
  BAD_ALIAS: 'Put it in quotes: YAML reads "*" and "&" at the beginning as a reference.',
}

/** A tab, or a bracket that is not closed, makes errors of all that follows: mending the first mends them too. */
function causesAmong(errors: readonly YAMLError[]): readonly YAMLError[] {
  const tabs = errors.filter((each) => each.code === 'TAB_AS_INDENT')
  return tabs.length > 0 ? tabs : errors.slice(0, 1)
}

function isEmpty({ contents, errors }: Document.Parsed): boolean {
  if (errors.length > 0) return false
  return contents === null || (isScalar(contents) && contents.value === null && contents.source === '')
}

function offsetOf(document: Document.Parsed, root: Node, keys: readonly string[]): number {
  let node: Node = root
  let offset = root.range?.[0] ?? 0
  for (const key of keys) {
    const target = isAlias(node) ? node.resolve(document) : node
    const pair = isMap(target)
      ? target.items.find((each) => isScalar(each.key) && keyText(each.key.value, each.key.source) === key)
      : undefined
    const next = pair?.value ?? (isSeq(target) ? target.items[Number(key)] : undefined)
    const at = (pair?.key ?? next) as Node | null | undefined
    if (at == null) break
    offset = at.range?.[0] ?? offset
    if (next == null) break
    node = next as Node
  }
  return offset
}
