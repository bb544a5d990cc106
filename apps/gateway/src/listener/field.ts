import { HeaderList } from '@portcullis/policy-kit/message/header-list'
import { readName } from '@portcullis/policy-kit/message/read-name'
import type { Trailers } from '@portcullis/policy-kit/message/reply'

/** Fields that speak of one connection and end there (RFC 9110 §7.6.1), upgrades included. */
const connectionFields = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  'expect',
  // RFC 6455 §11.3: each hop shakes hands for itself.
  'sec-websocket-key',
  'sec-websocket-version',
  'sec-websocket-accept',
])

/**
 * Fields by which a caller could pass for another or turn one operation into another behind our back: what they
 * state is ours to state (RFC 7239 §8.1, RFC 9440 §2.4), and method and path were decided here.
 */
const reservedFields = new Set([
  'forwarded',
  'client-cert',
  'client-cert-chain',
  // Addresses, as CDNs and older proxies state them.
  'cf-connecting-ip',
  'client-ip',
  'fastly-client-ip',
  'forwarded-for',
  'true-client-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'x-envoy-external-address',
  'x-forwarded',
  'x-originating-ip',
  'x-real-ip',
  'x-remote-addr',
  'x-remote-ip',
  // To a program of the CGI family it is the proxy of its own calls (CVE-2016-5385).
  'proxy',
  'x-host',
  'x-http-host-override',
  'x-original-host',
  'x-original-method',
  'x-original-uri',
  'x-original-url',
  'x-rewrite-url',
  'x-http-method',
  'x-http-method-override',
  'x-method-override',
])
const reservedPrefixes = ['x-forwarded-', 'portcullis-']

/** Fields that say how the content is read: with `_` for `-` they say so to the backend alone. */
const readBySome = new Set(['content_encoding', 'content_length', 'content_type'])

/**
 * Takes from a caller's fields what may not go on, and states afresh who calls: the caller alone, without those who
 * carried the call to us. Changes the list itself.
 */
export function receiveFields(
  headers: HeaderList,
  remoteAddress: string,
  host: string,
  scheme: 'http' | 'https',
): void {
  const named = namedByConnection(headers)
  if (named.length > 0) headers.removeIf((name) => named.includes(name))
  headers.removeIfSpelled(endsHere)
  headers.append('X-Forwarded-For', remoteAddress)
  headers.append('X-Forwarded-Proto', scheme)
  headers.append('X-Forwarded-Host', host)
  headers.append('Forwarded', `for=${node(remoteAddress)};host=${quoted(host)};proto=${scheme}`)
}

// The same few spellings come with every call. Whatever else somebody makes up, no more than this are remembered.
const MAX_SPELLINGS = 1_000
const judged = new Map<string, boolean>()

/** Whether a caller's field never goes on, by its name as it was spelled: whoever reads it as one of ours counts. */
function endsHere(name: string): boolean {
  const known = judged.get(name)
  if (known !== undefined) return known
  const lower = name.toLowerCase()
  const read = readName(lower)
  const ends = connectionFields.has(read) || isReserved(read) || readBySome.has(lower)
  if (judged.size >= MAX_SPELLINGS) judged.clear()
  judged.set(name, ends)
  return ends
}

/**
 * A caller's fields behind the body, less those that may not go on, and those that the head has: a backend that puts the
 * two together would find another value there than the steps have seen or set.
 */
export function passTrailers(trailers: Trailers | undefined, head: HeaderList): Trailers | undefined {
  return (
    trailers &&
    (() => {
      const passed = new HeaderList([...trailers()])
      passed.removeIf((name) => endsHere(name) || head.has(name))
      return passed.flat()
    })
  )
}

/** The field names that a message's Connection fields declare to be of this connection alone, in lower case. */
function namedByConnection(headers: HeaderList): readonly string[] {
  if (!headers.has('connection')) return NONE
  const values = headers.all('connection')
  if (values.length === 1 && NAMES_NOTHING.has(values[0] as string)) return NONE
  return values.flatMap((value) => {
    const options = value.split(',').map((option) => option.trim().toLowerCase())
    return options.filter((option) => option !== '' && option !== 'close' && option !== 'keep-alive')
  })
}
const NONE: readonly string[] = []
const NAMES_NOTHING: ReadonlySet<string> = new Set(['close', 'keep-alive', 'Keep-Alive'])

/** Whether a field, in lower case, ends with the connection on which it came. */
export function isOfConnection(name: string, named: readonly string[]): boolean {
  return connectionFields.has(name) || named.includes(name)
}

function isReserved(name: string): boolean {
  return reservedFields.has(name) || reservedPrefixes.some((prefix) => name.startsWith(prefix))
}

/** An address as RFC 7239 §6 wants it: IPv6 in brackets, and therefore quoted. */
function node(address: string): string {
  return address.includes(':') ? `"[${address}]"` : address
}

function quoted(host: string): string {
  return host.includes(':') ? `"${host}"` : host
}
