import { randomBytes } from 'node:crypto'
import { escapeXml } from '@portcullis/xml/write-xml'
import { WSSE, WSU } from './soap.ts'
import { digestOf } from './username-token.ts'

const PROFILE = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#'

export const SOAP_1_1 = 'http://schemas.xmlsoap.org/soap/envelope/'
export const SOAP_1_2 = 'http://www.w3.org/2003/05/soap-envelope'
export const BODY = '<s:Body><m:order xmlns:m="urn:shop">é &amp; 1</m:order></s:Body>'

/** A message with these headers. */
export function envelope(headers: string, soap = SOAP_1_1, body = BODY): string {
  return `<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="${soap}"><s:Header>${headers}</s:Header>${body}</s:Envelope>`
}

export function security(inside: string, attributes = ''): string {
  return `<wsse:Security xmlns:wsse="${WSSE}" xmlns:wsu="${WSU}" ${attributes}>${inside}</wsse:Security>`
}

export interface TokenParts {
  readonly name?: string
  readonly password?: string
  /** Milliseconds since the epoch. */
  readonly at?: number
  readonly created?: string
  readonly nonce?: Uint8Array
  /** Further elements. */
  readonly more?: string
}

export function textToken({
  name = 'partner',
  password = 'correct horse',
  more = '',
}: TokenParts = {}): string {
  const value = `<wsse:Password Type="${PROFILE}PasswordText">${escapeXml(password)}</wsse:Password>`
  return `<wsse:UsernameToken><wsse:Username>${escapeXml(name)}</wsse:Username>${value}${more}</wsse:UsernameToken>`
}

export function digestToken({
  name = 'partner',
  password = 'correct horse',
  at = 0,
  created = new Date(at).toISOString(),
  nonce = randomBytes(16),
  more = '',
}: TokenParts = {}): string {
  return (
    `<wsse:UsernameToken><wsse:Username>${escapeXml(name)}</wsse:Username>` +
    `<wsse:Password Type="${PROFILE}PasswordDigest">${digestOf(nonce, created, password)}</wsse:Password>` +
    `<wsse:Nonce>${Buffer.from(nonce).toString('base64')}</wsse:Nonce><wsu:Created>${created}</wsu:Created>${more}</wsse:UsernameToken>`
  )
}
