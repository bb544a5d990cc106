import type { HeaderList } from '@portcullis/policy-kit/message/header-list'
import {
  attributeOf,
  childrenOf,
  elementsOf,
  everyElement,
  is,
  type XmlElement,
} from '@portcullis/xml/element'
import { xmlFaults } from '@portcullis/xml/fault'
import { decodeXml, readXml, type XmlLimits } from '@portcullis/xml/read-xml'
import { standalone } from '@portcullis/xml/write-xml'
import { wsSecurityFaults } from './contract.ts'

export const WSSE = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd'
export const WSU = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd'

interface SoapVersion {
  /** The attribute that says to whom a header is addressed. */
  readonly addressee: 'actor' | 'role'
  /** Addresses that mean whoever gets the message next, and whoever gets it last: the gateway stands for both. */
  readonly ours: readonly string[]
}

const SOAP_1_1 = 'http://schemas.xmlsoap.org/soap/envelope/'
const SOAP_1_2 = 'http://www.w3.org/2003/05/soap-envelope'

const VERSIONS: ReadonlyMap<string, SoapVersion> = new Map<string, SoapVersion>([
  [SOAP_1_1, { addressee: 'actor', ours: ['http://schemas.xmlsoap.org/soap/actor/next'] }],
  [SOAP_1_2, { addressee: 'role', ours: [`${SOAP_1_2}/role/next`, `${SOAP_1_2}/role/ultimateReceiver`] }],
])

/** Of the security header: a token or two, and room for the groups of an assertion. */
const HEADER_LIMITS: XmlLimits = {
  maxCharacters: 256 * 1024,
  maxDepth: 24,
  maxElements: 4_000,
  maxAttributes: 24,
  comments: 'refused',
}

export interface SecuredMessage {
  readonly text: string
  /** The security header for us, as a document of its own. */
  readonly header: { readonly text: string; readonly root: XmlElement }
  /** Where it stands in the message. */
  readonly place: XmlElement
}

/**
 * The security header of a SOAP message that is addressed to us; `undefined` where there is none.
 *
 * It is taken from one place alone: right inside of the Header, which is right inside of the Envelope. One anywhere else is
 * refused, so that no two readers can take two different ones for it.
 *
 * @throws ws-security.malformed
 */
export function readSecured(
  bytes: Uint8Array,
  limits: { readonly maxBytes: number; readonly maxElements: number },
  role: string | undefined,
): SecuredMessage | undefined {
  try {
    const text = decodeXml(bytes)
    const envelope = readXml(text, {
      maxCharacters: limits.maxBytes,
      maxDepth: 100,
      maxElements: limits.maxElements,
      maxAttributes: 100,
      comments: 'ignored',
    })
    const place = headerFor(envelope, role)
    if (place === undefined) return undefined
    const alone = standalone(text, place)
    return { text, place, header: { text: alone, root: readXml(alone, HEADER_LIMITS) } }
  } catch (thrown) {
    const kind = Object.values(xmlFaults).find((each) => each.is(thrown))
    if (kind === undefined) throw thrown
    throw wsSecurityFaults.malformed({ detail: `${kind.title}.`, cause: thrown })
  }
}

/**
 * Whether a call says that it is SOAP (SOAP 1.1 §6.1.1, SOAP 1.2 §7.1.4). In another form there is no token for us.
 *
 * @throws ws-security.malformed for SOAP in another encoding: whoever goes by what it says would read another text.
 */
export function isSoap(headers: HeaderList): boolean {
  const [type = '', ...parameters] = (headers.get('content-type') ?? '').toLowerCase().split(';')
  if (!['text/xml', 'application/soap+xml'].includes(type.trim())) return false
  const charsets = parameters
    .map((each) => each.trim())
    .filter((each) => each.startsWith('charset='))
    .map((each) => each.slice('charset='.length).replaceAll('"', ''))
  if (charsets.some((each) => each !== 'utf-8') || headers.has('content-encoding'))
    throw malformed('It must be in UTF-8, and not compressed.')
  return true
}

function headerFor(envelope: XmlElement, role: string | undefined): XmlElement | undefined {
  const { namespace } = envelope
  const version = VERSIONS.get(namespace)
  if (version === undefined || envelope.name !== 'Envelope') throw malformed('It is no SOAP envelope.')
  const parts = elementsOf(envelope)
  const header = parts[0] !== undefined && is(parts[0], namespace, 'Header') ? parts[0] : undefined
  const body = parts[header === undefined ? 0 : 1]
  const isWhole = body !== undefined && is(body, namespace, 'Body')
  if (!isWhole || parts.length > (header === undefined ? 1 : 2))
    throw malformed('An envelope has a Header, which may be absent, and a Body, and nothing else.')
  const inHeader = header === undefined ? [] : childrenOf(header, WSSE, 'Security')
  const everywhere = [...everyElement(envelope)].filter((each) => is(each, WSSE, 'Security'))
  if (everywhere.length > inHeader.length)
    throw malformed('There is a Security header outside of the Header.')
  const ours = inHeader.filter((each) => {
    const addressee = attributeOf(each, version.addressee, namespace)
    return (
      addressee === undefined || addressee === '' || addressee === role || version.ours.includes(addressee)
    )
  })
  if (ours.length > 1) throw malformed('There are several Security headers for us.')
  return ours[0]
}

function malformed(detail: string) {
  return wsSecurityFaults.malformed({ detail })
}
