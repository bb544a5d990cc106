import { elementsOf, isTime, timeOf } from '@portcullis/kernel/der'

/**
 * When a list of what an authority has revoked is to be replaced, in milliseconds since 1970 (RFC 5280 §5.1.2.5): from then
 * on TLS verifies nobody by it. Throws a `RangeError` for what is no list, or one that does not say.
 */
export function nextUpdateOf(pem: string): number {
  const [list] = elementsOf(Buffer.from(pem.replace(/-----(BEGIN|END) X509 CRL-----/g, ''), 'base64'))
  const [content] = elementsOf(list?.content ?? Buffer.alloc(0))
  const [, next] = elementsOf(content?.content ?? Buffer.alloc(0)).filter(isTime)
  if (next === undefined) throw new RangeError('a list without a time of the next')
  return timeOf(next)
}
