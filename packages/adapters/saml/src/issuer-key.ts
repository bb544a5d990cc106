import { type KeyObject, X509Certificate } from 'node:crypto'
import type { AssertionIssuer } from '@portcullis/ports/assertions/port'

const keys = new WeakMap<AssertionIssuer, readonly KeyObject[]>()

/** Read once for each issuer, as long as whoever trusts it holds on to it. */
export function keysOf(issuer: AssertionIssuer): readonly KeyObject[] {
  let found = keys.get(issuer)
  if (found === undefined) {
    found = issuer.certificates.map((pem) => new X509Certificate(pem).publicKey)
    keys.set(issuer, found)
  }
  return found
}
