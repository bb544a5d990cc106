import { Duration } from '@portcullis/kernel/duration'
import type { WebSocketTerms } from '@portcullis/policy-kit/standing/web-socket-terms'
import { ANY } from '../setting/page-origin.ts'
import type { WebsocketConfig } from './contract.ts'

export function termsOf(config: WebsocketConfig): WebSocketTerms {
  const { maxFrameBytes, maxMessageBytes, framesPerSecond, compression } = config
  return {
    maxFrameBytes,
    maxMessageBytes,
    framesPerSecond,
    idleMillis: Duration.parse(config.idle).milliseconds,
    maxLifeMillis: Duration.parse(config.maxLife).milliseconds,
    pingMillis: Duration.parse(config.ping).milliseconds,
    compression,
  }
}

/**
 * Whether a page may connect. Browsers send cookies along and ask nobody before, so that without this any page could
 * connect in its visitor's name (RFC 6455 §10.2). Who sends no Origin is no browser.
 */
export function isOriginAllowed(origins: readonly string[], sent: readonly string[]): boolean {
  if (sent.length === 0) return true
  return sent.length === 1 && (origins[0] === ANY || origins.includes(sent[0] as string))
}

/** The offered subprotocols (RFC 6455 §4.1). */
export function offeredIn(values: readonly string[]): string[] {
  return values
    .flatMap((value) => value.split(','))
    .map((each) => each.trim())
    .filter((each) => each !== '')
}

/** What is offered besides tokens, and the token, as Kubernetes takes it from browsers, which cannot set Authorization. */
export interface Offer {
  readonly protocols: readonly string[]
  readonly token: string | undefined
}

/** `undefined` where what begins like a token is none, or there are several. */
export function splitOffer(offered: readonly string[], tokenPrefix: string | undefined): Offer | undefined {
  if (tokenPrefix === undefined) return { protocols: offered, token: undefined }
  const tokens = offered.filter((each) => each.startsWith(tokenPrefix))
  const protocols = offered.filter((each) => !each.startsWith(tokenPrefix))
  if (tokens.length === 0) return { protocols, token: undefined }
  const token = decodeToken((tokens[0] as string).slice(tokenPrefix.length))
  return tokens.length > 1 || token === undefined ? undefined : { protocols, token }
}

/** Base64url without padding, of what a bearer token may hold (RFC 6750 §2.1). */
function decodeToken(encoded: string): string | undefined {
  if (!/^[A-Za-z0-9_-]+$/.test(encoded)) return undefined
  const token = Buffer.from(encoded, 'base64url').toString('latin1')
  return /^[A-Za-z0-9._~+/-]+=*$/.test(token) ? token : undefined
}
