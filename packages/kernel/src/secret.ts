import { hash, timingSafeEqual } from 'node:crypto'

const MASK = '[secret]'

/** A text that never prints itself: not in a log, not in JSON, not in a stack, not in an inspector. */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  /** The text itself. Call it as late as possible and do not keep the result. */
  reveal(): string {
    return this.#value
  }

  /** Compares in a time that tells nothing of where two texts differ, nor of their lengths. */
  equals(other: Secret | string): boolean {
    return sameText(this.#value, other instanceof Secret ? other.reveal() : other)
  }

  toString(): string {
    return MASK
  }

  toJSON(): string {
    return MASK
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return MASK
  }
}

/** Equality of two texts in constant time: equal hashes of equal length are compared, not the texts. */
export function sameText(a: string, b: string): boolean {
  return timingSafeEqual(sha256(a), sha256(b))
}

/**
 * What is kept of a secret that only has to be recognised again: SHA-256, base64url. Good for secrets that we made
 * ourselves with 256 random bits; passwords that people choose need a slow hash.
 */
export function fingerprintOf(secret: Secret): string {
  return hash('sha256', secret.reveal(), 'base64url')
}

function sha256(text: string): Buffer {
  return hash('sha256', text, 'buffer')
}
