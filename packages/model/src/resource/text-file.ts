import { z } from '@portcullis/kernel/schema'
import type { Resource } from './resource.ts'

/** A text in a file, relative to the declaration that names it, and what is in it, once it was read. */
export function textFile(ending: '.cedar' | '.xml', mostCharacters: number) {
  return {
    file: z
      .string()
      .max(512)
      .refine(
        (file) => file.endsWith(ending) && !/(^|\/)\.[a-z]+$/.test(file),
        `the name of a file that ends in ${ending}`,
      ),
    text: z.string().min(1).max(mostCharacters).optional(),
  }
}

export interface TextFile {
  readonly file: string
  readonly text?: string | undefined
}

export interface NamedTextFile extends TextFile {
  /** Where the declaration names it: a JSON Pointer. */
  readonly at: string
}

/** The file that a resource names, where its kind has one and its text is not in the declaration. */
export function textFileOf(resource: Resource): NamedTextFile | undefined {
  const { kind, spec } = resource
  if (kind === 'PolicySet' && typeof spec.policies !== 'string')
    return { ...spec.policies, at: '/spec/policies/file' }
  if (
    kind === 'IdentityProvider' &&
    spec.type === 'saml' &&
    spec.metadata !== undefined &&
    'file' in spec.metadata
  )
    return { file: spec.metadata.file, text: spec.metadata.text, at: '/spec/metadata/file' }
  return undefined
}

/** The same resource with another file, or with the text that is in it, or without. */
export function withTextFile(resource: Resource, { file, text }: TextFile): Resource {
  const named = { file, ...(text !== undefined && { text }) }
  const { kind, spec } = resource
  if (kind === 'PolicySet') return { ...resource, spec: { ...spec, policies: named } }
  if (
    kind !== 'IdentityProvider' ||
    spec.type !== 'saml' ||
    spec.metadata === undefined ||
    !('file' in spec.metadata)
  )
    return resource
  const { text: _, ...others } = spec.metadata
  return { ...resource, spec: { ...spec, metadata: { ...others, ...named } } }
}
