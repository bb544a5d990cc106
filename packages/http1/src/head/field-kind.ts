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

/** What there is to know of a name in one spelling. */
export interface FieldName {
  readonly kind: FieldKind
  /** With which a line of that name begins: the CRLF that ends the line before it, the name and its colon. */
  readonly lead: string
}

/** Names repeat: what is known of a spelling is kept, for as many spellings as a site uses. */
const MAX_KNOWN = 4_096
const MAX_KNOWN_LENGTH = 64
const known = new Map<string, FieldName>()
const NO_NAME: FieldName = { kind: 'no-name', lead: '' }

/** Answers in one look-up for names that were seen before, in that spelling. */
export function fieldNameOf(name: string): FieldName {
  return known.get(name) ?? judge(name)
}

export function kindOf(name: string): FieldKind {
  return fieldNameOf(name).kind
}

function judge(name: string): FieldName {
  if (!isToken(name)) return NO_NAME
  const judged: FieldName = {
    kind: kinds.get(name.toLowerCase()) ?? 'other',
    lead: copyOf(`\r\n${name}: `),
  }
  // Of readers these are texts of their own, and no pieces of a head, which would keep all of the head in memory.
  if (known.size < MAX_KNOWN && name.length <= MAX_KNOWN_LENGTH) known.set(name, judged)
  return judged
}

function copyOf(name: string): string {
  return Buffer.from(name, 'latin1').toString('latin1')
}

export function isToken(text: string): boolean {
  return TOKEN.test(text)
}
