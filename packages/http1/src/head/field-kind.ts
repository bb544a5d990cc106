/** What a field's name means to whoever passes fields on. */
export type FieldKind =
  | 'no-name' //        not a token: nothing that can be sent
  | 'other'
  | 'host'
  | 'date'
  | 'content-length'
  | 'trailer' //        announces fields behind the body: written where there can be some
  | 'framing' //        of the connection in any message: ours to write
  | 'of-connection' //  speaks of one connection and ends there, where it is passed on (RFC 9110 §7.6.1)

const kinds: ReadonlyMap<string, FieldKind> = new Map<string, FieldKind>([
  ['host', 'host'],
  ['date', 'date'],
  ['content-length', 'content-length'],
  ['connection', 'framing'],
  ['keep-alive', 'framing'],
  ['transfer-encoding', 'framing'],
  ['te', 'of-connection'],
  ['expect', 'of-connection'],
  ['upgrade', 'of-connection'],
  ['trailer', 'trailer'],
  ['http2-settings', 'of-connection'],
  ['proxy-connection', 'of-connection'],
  ['proxy-authenticate', 'of-connection'],
  ['proxy-authorization', 'of-connection'],
])

/** `token` of RFC 9110 §5.6.2. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

/** Names repeat: the verdict on a spelling is kept, for as many spellings as a site uses. */
const MAX_KNOWN = 4_096
const MAX_KNOWN_LENGTH = 64
const known = new Map<string, FieldKind>()

/** Answers in one look-up for names that were seen before, in that spelling. */
export function kindOf(name: string): FieldKind {
  return known.get(name) ?? judge(name)
}

function judge(name: string): FieldKind {
  if (!isToken(name)) return 'no-name'
  const kind = kinds.get(name.toLowerCase()) ?? 'other'
  // A copy: a piece of a head would keep all of the head in memory.
  if (known.size < MAX_KNOWN && name.length <= MAX_KNOWN_LENGTH) known.set(copyOf(name), kind)
  return kind
}

function copyOf(name: string): string {
  return Buffer.from(name, 'latin1').toString('latin1')
}

export function isToken(text: string): boolean {
  return TOKEN.test(text)
}
