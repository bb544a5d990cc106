/** A name as HTTP/2 has it: a token of RFC 9110 §5.6.2 without upper case (RFC 9113 §8.2.1). */
const NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/

/** What no value may hold: controls but HTAB, and what is above a byte, since cut to one it could be CR or LF. */
const FORBIDDEN = /[^\t\x20-\x7e\x80-\xff]/

/** Fields that speak of one connection (RFC 9113 §8.2.2). What they announce, a backend of HTTP/1.1 would believe. */
const OF_CONNECTION = new Set([
  'connection',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
])

/** What no trailer may say, because it is needed before the content or frames and routes it (RFC 9110 §6.5.1). */
const NOT_IN_TRAILERS = new Set([
  ...OF_CONNECTION,
  'authorization',
  'content-encoding',
  'content-length',
  'content-range',
  'content-type',
  'cookie',
  'expect',
  'host',
  'set-cookie',
  'te',
  'trailer',
])

/** As it may stand on the wire: nothing is trimmed, since who trims reads another value (RFC 9113 §8.2.1). */
export function isField(name: string, value: string): boolean {
  return NAME.test(name) && !FORBIDDEN.test(value) && !isPadded(value)
}

function isPadded(value: string): boolean {
  const last = value.length - 1
  return isBlank(value.charCodeAt(0)) || isBlank(value.charCodeAt(last))
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9
}

/** `name` in lower case. */
export function isOfConnection(name: string): boolean {
  return OF_CONNECTION.has(name)
}

/** The fields of a trailer section, or undefined when they are none that may be there. */
export function readTrailers(raw: readonly string[], maxFields: number): string[] | undefined {
  if (raw.length > maxFields * 2) return undefined
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string
    if (!isField(name, raw[i + 1] as string) || NOT_IN_TRAILERS.has(name)) return undefined
  }
  return [...raw]
}

/**
 * Fields as they are sent: names in lower case, and none of a connection or of those named besides. Throws for what
 * would be read as something else: whoever makes messages may pass on what others wrote.
 */
export function composeFields(fields: readonly string[], without: (name: string) => boolean): string[] {
  const composed: string[] = []
  for (let i = 0; i < fields.length; i += 2) {
    const name = (fields[i] as string).toLowerCase()
    const value = fields[i + 1] as string
    if (!NAME.test(name)) throw new TypeError(`${JSON.stringify(name)} is no field name`)
    if (FORBIDDEN.test(value)) throw new TypeError(`the value of ${name} holds what no field can hold`)
    if (!OF_CONNECTION.has(name) && !without(name))
      composed.push(name, isPadded(value) ? unpadded(value) : value)
  }
  return composed
}

/** Trailers as they are sent: those left out that may not be there. */
export function composeTrailers(fields: readonly string[]): Record<string, string | string[]> {
  const sent: Record<string, string | string[]> = {}
  const composed = composeFields(fields, (name) => NOT_IN_TRAILERS.has(name))
  for (let i = 0; i < composed.length; i += 2) {
    const name = composed[i] as string
    const value = composed[i + 1] as string
    const before = sent[name]
    sent[name] = before === undefined ? value : [before, value].flat()
  }
  return sent
}

function unpadded(value: string): string {
  let from = 0
  let to = value.length
  while (from < to && isBlank(value.charCodeAt(from))) from++
  while (to > from && isBlank(value.charCodeAt(to - 1))) to--
  return value.slice(from, to)
}
