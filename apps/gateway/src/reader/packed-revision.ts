import { type Revision, type RevisionApi, revisionName } from '@portcullis/model/revision'

/**
 * A revision that was verified and understood, as it is handed to those who take calls: JSON in pieces, each of which is
 * parsed in less time than a call may wait. All threads read the same memory.
 */
export interface PackedRevision
  extends Pick<Revision, 'organization' | 'environment' | 'number' | 'publishedAt'> {
  readonly pieces: SharedArrayBuffer
}

/** Some 50 µs of `JSON.parse`. */
const PIECE_CHARACTERS = 16_384
const LENGTH_BYTES = 4

/** The lists of a revision, each of which may be long. */
type Lists = { [K in keyof Revision as Revision[K] extends unknown[] ? K : never]: Revision[K] }
/** What a piece holds: items of a list, or operations of the API before it. The first piece is the rest. */
type Piece = readonly [keyof Lists | 'operations', readonly unknown[]]

export function packRevision(revision: Revision): PackedRevision {
  const { organization, environment, number, publishedAt } = revision
  const texts = [...piecesOf(revision)].map((text) => Buffer.from(text))
  const pieces = new SharedArrayBuffer(texts.reduce((sum, { length }) => sum + LENGTH_BYTES + length, 0))
  const bytes = Buffer.from(pieces)
  let at = 0
  for (const text of texts) {
    at = bytes.writeUInt32LE(text.length, at)
    at += text.copy(bytes, at)
  }
  return { organization, environment, number, publishedAt, pieces }
}

function* piecesOf(revision: Revision): Generator<string> {
  const { apis, ...rest } = revision
  const lists = Object.entries(rest).filter((entry) => Array.isArray(entry[1])) as [keyof Lists, unknown[]][]
  yield JSON.stringify({ ...rest, ...Object.fromEntries(lists.map(([key]) => [key, []])), apis: [] })
  for (const [key, items] of lists) yield* inPieces(key, items)
  for (const { operations, ...api } of apis) {
    yield* inPieces('apis', [{ ...api, operations: [] }])
    yield* inPieces('operations', operations)
  }
}

function* inPieces(key: Piece[0], items: readonly unknown[]): Generator<string> {
  let texts: string[] = []
  let characters = 0
  for (const item of items) {
    const text = JSON.stringify(item)
    texts.push(text)
    characters += text.length
    if (characters < PIECE_CHARACTERS) continue
    yield `["${key}",[${texts.join(',')}]]`
    texts = []
    characters = 0
  }
  if (texts.length > 0) yield `["${key}",[${texts.join(',')}]]`
}

/** The revision again. Yields after every piece. */
export function* unpackRevision(packed: PackedRevision): Generator<void, Revision> {
  const bytes = Buffer.from(packed.pieces)
  const texts = textsIn(bytes)
  const revision: Revision = JSON.parse(texts.next().value ?? '')
  const lists: Partial<Record<Piece[0], unknown[]>> = revision
  for (const text of texts) {
    const [key, items] = JSON.parse(text) as Piece
    const list = key === 'operations' ? (revision.apis.at(-1) as RevisionApi).operations : lists[key]
    if (list === undefined) throw new TypeError(`${revisionName(packed)} was not packed whole`)
    for (const item of items) list.push(item as never)
    yield
  }
  return revision
}

function* textsIn(bytes: Buffer): Generator<string, undefined> {
  for (let at = 0; at < bytes.length; ) {
    const begin = at + LENGTH_BYTES
    at = begin + bytes.readUInt32LE(at)
    yield bytes.toString('utf8', begin, at)
  }
}
