import type { Collection } from '@portcullis/model/collection'
import type { Document, Store } from '../port.ts'
import { MAX_NAME_BYTES } from '../prepare.ts'

/** A new store and the clock that it was given, which stands until it is moved. */
export type Start = () => Promise<{ readonly store: Store; readonly clock: { millis: number } }>

export interface Note {
  readonly text: string
  readonly owner?: string
}

const byOwner = (note: Note): Record<string, string> =>
  note.owner === undefined ? {} : { owner: note.owner, size: String(note.text.length) }

export const notes: Collection<Note> = { name: 'note', index: byOwner }
export const drafts: Collection<Note> = { name: 'draft', index: byOwner }

/** In code-point order; UTF-16 would put U+1F600 before U+E000. Each tempts another mistake in building keys. */
export const awkward = [
  ...['\n', ' ', ' a', '"', '%', "'", "';--", '*', '/', ':', 'A', '[]', '__proto__', 'a', 'a\u001f', 'a '],
  ...[
    'a%',
    'a/',
    'a/b',
    'a/b/c',
    'a_',
    'aa',
    'b',
    'b/c',
    'c',
    'constructor',
    'e\u0301',
    'x'.repeat(MAX_NAME_BYTES),
  ],
  ...['\u00e9', '\u4e2d', '\ue000', '\uffff', '\u{1f600}', '\u{1f600}a', '\u{10ffff}'],
]

export function idsOf(documents: readonly Document<unknown>[]): string[] {
  return documents.map((each) => each.id)
}
