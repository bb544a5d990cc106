import { readJson } from './read-json.ts'
import { readYaml } from './read-yaml.ts'
import { declarationLimits, errorAt, type Source, type SourceLimits } from './source-document.ts'
import { sourceFaults } from './source-fault.ts'

export type { Position, Source, SourceDocument, SourceLimits } from './source-document.ts'

/**
 * Reads the documents of a file: one from JSON (`.json`), any number from YAML. Never throws: what is wrong
 * becomes findings with file, line, column and remedy, and the documents of a file that can be read are given back
 * beside the findings of those that can't.
 */
export function readSource(file: string, text: string, limits: SourceLimits = declarationLimits): Source {
  const bytes = Buffer.byteLength(text)
  if (bytes > limits.maxBytes) {
    const detail = `It has ${bytes} bytes; at most ${limits.maxBytes} are read.`
    return { documents: [], findings: [errorAt(sourceFaults.tooLarge, { file, line: 1, column: 1 }, detail)] }
  }
  const plain = text.startsWith('\uFEFF') ? text.slice(1) : text
  return file.toLowerCase().endsWith('.json') ? readJson(file, plain, limits) : readYaml(file, plain, limits)
}
