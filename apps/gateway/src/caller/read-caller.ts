import { readClientCertificate } from '@portcullis/certificate/client-certificate-field'
import { isHost } from '@portcullis/http1/head/read-request-head'
import { parsePeerAddress } from '@portcullis/policies/address/ip-address'
import { compileRanges } from '@portcullis/policies/ip-filter/range-table'
import type { HeaderList } from '@portcullis/policy-kit/message/header-list'
import { readForwardedElement } from './forwarded-element.ts'
import { fromTheRight } from './from-the-right.ts'
import { readNode } from './node.ts'

/** Who stands in front of the gateway, and what of theirs is believed. Can be cloned to another thread. */
export interface TrustedProxies {
  /** Addresses and ranges (CIDR) from which proxies call, and nobody else can. */
  readonly ranges: readonly string[]
  /** The fields that these proxies write on every call. What they may pass on unseen must not be among them. */
  readonly fields: readonly ProxyField[]
}

export type ProxyField =
  | 'forwarded'
  | 'x-forwarded-for'
  | 'x-forwarded-proto'
  | 'x-forwarded-host'
  | 'client-cert'

/** Who called the outermost of the trusted proxies, and how. */
export interface Caller {
  readonly address: string
  /** Absent when none of them says it. */
  readonly scheme: Scheme | undefined
  /** The authority that was asked for; absent when none of them says it. */
  readonly host: string | undefined
  /** The caller's certificate, DER, that the proxy verified (RFC 9440); absent when it tells of none. */
  readonly certificate?: Uint8Array | undefined
}

export interface CallerReader {
  /** `undefined` when the peer is no trusted proxy: then it is the caller, and nothing that it says of others counts. */
  read(peer: string, headers: HeaderList): Caller | undefined
  isProxy(address: string): boolean
}

type Scheme = 'http' | 'https'

/** A chain of proxies is not longer. What lies to the left of that is not looked at. */
const MAX_HOPS = 32
/** Of a list of values that is read whole. */
const MAX_LIST_CHARACTERS = 4_096

/**
 * Finds the caller behind trusted proxies (RFC 7239 §5.2, §7.4). Each proxy puts at the right end who called it; so the
 * list is walked from the right, and each step is believed only because the one who wrote it is trusted: the peer
 * first, then whom it names. The walk ends at the first address that is not trusted, which is the caller, and at the
 * first entry that is no address (malformed, `unknown`, a made-up name): then the caller is the last address that was
 * known. So whatever a caller writes stands to the left of where the walk ends. It is the same for all inputs: nothing
 * throws, and no more is looked at than 32 hops.
 */
export function callerReader({ ranges, fields }: TrustedProxies): CallerReader {
  const trusted = compileRanges(ranges)
  const believes = (field: ProxyField): boolean => fields.includes(field)

  function isProxy(address: string): boolean {
    const words = parsePeerAddress(address)
    return words !== undefined && trusted.find(words) !== undefined
  }

  /** RFC 7239: one element for each hop says everything of it. */
  function readForwarded(peer: string, headers: HeaderList): Caller {
    let caller: Caller = { address: peer, scheme: undefined, host: undefined }
    for (const text of fromTheRight(headers.all('forwarded'), MAX_HOPS)) {
      const element = readForwardedElement(text)
      if (element === undefined) break
      const address = readNode(element.get('for') ?? '')
      const scheme = readScheme(element.get('proto'))
      caller = { address: address ?? caller.address, scheme, host: readHost(element.get('host')) }
      if (address === undefined || !isProxy(address)) break
    }
    return caller
  }

  /** The older fields: a list of addresses, and beside it what the hops say of scheme and host. */
  function readOlder(peer: string, headers: HeaderList): Caller {
    let address = peer
    let hops = 0
    if (believes('x-forwarded-for')) {
      for (const text of fromTheRight(headers.all('x-forwarded-for'), MAX_HOPS)) {
        const found = readNode(text)
        if (found === undefined) break
        address = found
        hops++
        if (!isProxy(found)) break
      }
    }
    const said = (field: ProxyField): string | undefined =>
      believes(field) ? valueAt(headers, field, hops) : undefined
    return {
      address,
      scheme: readScheme(said('x-forwarded-proto')),
      host: readHost(said('x-forwarded-host')),
    }
  }

  const readOne = believes('forwarded') ? readForwarded : readOlder
  const readBehind = believes('client-cert')
    ? (peer: string, headers: HeaderList) => ({
        ...readOne(peer, headers),
        certificate: readClientCertificate(headers.all('client-cert')),
      })
    : readOne
  return { isProxy, read: (peer, headers) => (isProxy(peer) ? readBehind(peer, headers) : undefined) }
}

/**
 * One value is that of the caller. Of several each belongs to an address when there are as many of both; otherwise
 * nobody can tell whose they are.
 */
function valueAt(headers: HeaderList, field: ProxyField, hops: number): string | undefined {
  const values = listOf(headers, field)
  if (values.length < 2) return values[0]
  return values.length === listOf(headers, 'x-forwarded-for').length ? values.at(-hops) : undefined
}

function listOf(headers: HeaderList, field: ProxyField): string[] {
  const text = headers.all(field).join(',')
  if (text.length > MAX_LIST_CHARACTERS) return []
  return text
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '')
}

function readScheme(text: string | undefined): Scheme | undefined {
  const lower = text?.toLowerCase()
  return lower === 'http' || lower === 'https' ? lower : undefined
}

function readHost(text: string | undefined): string | undefined {
  return text !== undefined && isHost(text) ? text : undefined
}
