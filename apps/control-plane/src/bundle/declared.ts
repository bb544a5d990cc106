import type { Place } from '@portcullis/kernel/fault'
import type { ContractFiles } from '@portcullis/model/collection'
import type { Resource } from '@portcullis/model/resource/resource'
import type { SourceDocument } from '../source/source-document.ts'

/** A resource as a bundle declares it. */
export interface Declared {
  readonly resource: Resource
  readonly document: SourceDocument
  /** Of an API: its contracts by version, each with the folder in which its files were. */
  readonly contracts: ReadonlyMap<string, { readonly folder: string; readonly files: ContractFiles }>
  /** The file that it names beside itself, of Cedar policies or of metadata, unless their text is in the declaration. */
  readonly textFile?: string
}

/** Where a JSON Pointer of a document is in its file. */
export function placeIn(document: SourceDocument, path: string): Place {
  return { file: document.file, ...document.locate(path), path }
}
