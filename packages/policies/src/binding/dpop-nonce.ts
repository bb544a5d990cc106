import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Secret } from '@portcullis/kernel/secret'

/** Nonces for DPoP proofs (RFC 9449 §8–9) that nobody has to remember: every node with the secret knows them. */
export interface Nonces {
  /** The one to use from now on. */
  current(nowMillis: number): string
  /** The current one and the one before it count, so that none ends between being given out and being used. */
  isOurs(nonce: string, nowMillis: number): boolean
}

/** A nonce is the authenticated number of a span of time, so it can neither be guessed nor made ahead. */
export function openNonces(secret: Secret, spanMillis: number): Nonces {
  const made = new Map<number, string>()

  function nonceOf(span: number): string {
    const known = made.get(span)
    if (known !== undefined) return known
    const nonce = createHmac('sha256', secret.reveal())
      .update(`portcullis dpop nonce ${span}`)
      .digest('base64url')
    for (const old of made.keys()) if (old < span - 1) made.delete(old)
    made.set(span, nonce)
    return nonce
  }

  const spanAt = (nowMillis: number): number => Math.floor(nowMillis / spanMillis)
  return {
    current: (nowMillis) => nonceOf(spanAt(nowMillis)),
    isOurs(nonce, nowMillis) {
      const span = spanAt(nowMillis)
      return isSame(nonce, nonceOf(span)) || isSame(nonce, nonceOf(span - 1))
    },
  }
}

function isSame(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}
