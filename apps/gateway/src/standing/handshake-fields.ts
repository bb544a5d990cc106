import { wordsOf } from '@portcullis/http1/head/list'
import type { HeaderList } from '@portcullis/policy-kit/message/header-list'

const PROTOCOL = 'sec-websocket-protocol'
const EXTENSIONS = 'sec-websocket-extensions'
const DEFLATE = 'permessage-deflate'

/**
 * Takes from an offer what is not agreed to: every extension but compression (RFC 7692), and that too unless the terms
 * permit it. The others change what a frame means, and we would no longer know.
 */
export function restrictOffer(headers: HeaderList, mayCompress: boolean): void {
  const offers = mayCompress ? headers.all(EXTENSIONS).flatMap((value) => value.split(',')) : []
  const kept = offers.map((each) => each.trim()).filter((each) => nameOf(each) === DEFLATE)
  headers.removeIf((name) => name === EXTENSIONS)
  if (kept.length > 0) headers.append('Sec-WebSocket-Extensions', kept.join(', '))
}

/** What is wrong with a backend's answer to an offer: it may choose only from what it was offered (RFC 6455 §4.1). */
export function objectionTo(reply: HeaderList, offer: HeaderList): string | undefined {
  const protocols = reply.all(PROTOCOL)
  const offered = offer.all(PROTOCOL).flatMap((value) => value.split(',').map((each) => each.trim()))
  if (protocols.length > 1 || protocols.some((each) => !offered.includes(each))) {
    return 'a subprotocol that was not offered'
  }
  const extensions = reply.all(EXTENSIONS).flatMap(wordsOf)
  if (extensions.length === 0) return undefined
  const isKnown = extensions.length === 1 && nameOf(extensions[0] ?? '') === DEFLATE
  return isKnown && offer.has(EXTENSIONS) ? undefined : 'an extension that was not offered'
}

export function isCompressed(reply: HeaderList): boolean {
  return reply.has(EXTENSIONS)
}

function nameOf(extension: string): string {
  return (extension.split(';')[0] ?? '').trim().toLowerCase()
}
