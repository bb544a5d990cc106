import { createHmac, randomBytes } from 'node:crypto'
import { Secret, sameText } from '@portcullis/kernel/secret'

/** What every authenticator app knows how to do, and many nothing else (RFC 6238 §4). */
const STEP_SECONDS = 30
const DIGITS = 6
/** RFC 4226 §4 recommends 160 bits. */
const SECRET_BYTES = 20
/** A code of the step before or after is good too: clocks differ, and people need time to type (RFC 6238 §5.2). */
const STEPS_AROUND = 1

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** A new secret in base32, as people type it into an authenticator app. */
export function newTotpSecret(): Secret {
  return new Secret(base32(randomBytes(SECRET_BYTES)))
}

/** The code of a step (RFC 4226 §5.3). */
export function totpCode(secret: Secret, step: number): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const mac = createHmac('sha1', bytesOf(secret.reveal())).update(counter).digest()
  const offset = (mac[mac.length - 1] as number) & 0xf
  const number = mac.readUInt32BE(offset) & 0x7fff_ffff
  return String(number % 10 ** DIGITS).padStart(DIGITS, '0')
}

export function totpStepAt(millis: number): number {
  return Math.floor(millis / 1000 / STEP_SECONDS)
}

/**
 * The step whose code this is, or `undefined`. Steps up to `usedStep` are not asked: a code that was looked at over a
 * shoulder is good no second time (RFC 6238 §5.2).
 */
export function findTotpStep(
  secret: Secret,
  code: string,
  nowMillis: number,
  usedStep: number,
): number | undefined {
  const present = totpStepAt(nowMillis)
  let found: number | undefined
  for (let step = present - STEPS_AROUND; step <= present + STEPS_AROUND; step++) {
    // All are compared, so that the time tells nothing of which it was.
    if (sameText(totpCode(secret, step), code) && step > usedStep) found ??= step
  }
  return found
}

/** What authenticator apps read, by hand or from a QR code. */
export function totpUri(secret: Secret, issuer: string, user: string): string {
  const label = `${encodeURIComponent(issuer)}:${encodeURIComponent(user)}`
  const query = new URLSearchParams({
    secret: secret.reveal(),
    issuer,
    algorithm: 'SHA1',
    digits: String(DIGITS),
    period: String(STEP_SECONDS),
  })
  return `otpauth://totp/${label}?${query.toString().replaceAll('+', '%20')}`
}

/** A recovery code: 80 random bits, in groups that can be read aloud. */
export function newRecoveryCode(): Secret {
  return new Secret(base32(randomBytes(10)).replace(/(.{4})(?=.)/g, '$1-'))
}

/** As it was shown, however it was typed. */
export function tidyRecoveryCode(typed: string): Secret {
  const plain = typed.toUpperCase().replace(/[\s-]/g, '').slice(0, 64)
  return new Secret(plain.replace(/(.{4})(?=.)/g, '$1-'))
}

/** RFC 4648 §6; whole groups of five bytes need no padding. */
function base32(bytes: Buffer): string {
  let text = ''
  let bits = 0
  let value = 0
  for (const byte of bytes) {
    value = ((value << 8) | byte) & 0xfff
    bits += 8
    for (; bits >= 5; bits -= 5) text += BASE32[(value >> (bits - 5)) & 31]
  }
  return text
}

function bytesOf(text: string): Buffer {
  const bytes: number[] = []
  let bits = 0
  let value = 0
  for (const character of text) {
    value = ((value << 5) | BASE32.indexOf(character)) & 0xfff
    bits += 5
    if (bits < 8) continue
    bits -= 8
    bytes.push((value >> bits) & 0xff)
  }
  return Buffer.from(bytes)
}
