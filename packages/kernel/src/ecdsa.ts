import { type KeyObject, sign, verify } from 'node:crypto'

/**
 * ECDSA signatures with both numbers side by side, each as long as the order of the curve (RFC 7518 §3.4, IEEE P1363). Node
 * has this form by an option, but takes the object that the option comes in for a key twice before, with an error and its
 * stack each time, which takes as long as the signature itself. So it is asked for DER, and the form is changed here.
 */

const SEQUENCE = 0x30
const INTEGER = 0x02
/** The length follows in one byte (X.690 §8.1.3.5). */
const LONG_LENGTH = 0x81

/** `signatureBytes`: twice the length of the curve's order. */
export function signEcdsa(digest: string, data: Uint8Array, key: KeyObject, signatureBytes: number): Buffer {
  return sideBySide(sign(digest, data, key), signatureBytes)
}

/** `signature`: of an even length, which is the caller's to demand: each curve has its own. */
export function verifyEcdsa(
  digest: string,
  data: Uint8Array,
  key: KeyObject,
  signature: Uint8Array,
): boolean {
  return verify(digest, data, key, inDer(signature))
}

/** What OpenSSL writes: a sequence of two whole numbers, without a byte more than they need. */
function sideBySide(der: Uint8Array, signatureBytes: number): Buffer {
  const signature = Buffer.alloc(signatureBytes)
  let start = der[1] === LONG_LENGTH ? 3 : 2
  for (const end of [signatureBytes / 2, signatureBytes]) {
    const length = der[start + 1] as number
    const from = start + 2
    // One zero more keeps a number from being a negative one.
    const number = der.subarray(der[from] === 0 ? from + 1 : from, from + length)
    signature.set(number, end - number.length)
    start = from + length
  }
  return signature
}

function inDer(signature: Uint8Array): Uint8Array {
  const half = signature.length / 2
  const numbers = [wholeNumber(signature.subarray(0, half)), wholeNumber(signature.subarray(half))]
  const length = numbers.reduce((sum, number) => sum + number.length, 0)
  return Buffer.concat([Uint8Array.from(lengthOf(length)), ...numbers])
}

function lengthOf(length: number): number[] {
  return length < 0x80 ? [SEQUENCE, length] : [SEQUENCE, LONG_LENGTH, length]
}

function wholeNumber(bytes: Uint8Array): Uint8Array {
  let zeros = 0
  while (zeros < bytes.length - 1 && bytes[zeros] === 0) zeros++
  const digits = bytes.subarray(zeros)
  const isHigh = (digits[0] ?? 0) >= 0x80
  const number = new Uint8Array(digits.length + (isHigh ? 3 : 2))
  number.set([INTEGER, number.length - 2])
  number.set(digits, number.length - digits.length)
  return number
}
