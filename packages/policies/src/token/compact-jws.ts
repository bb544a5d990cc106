/** The three parts of a compact JWS, still encoded, and what its signature is about. */
export interface JwsParts {
  readonly header: string
  readonly payload: string
  readonly signature: string
  readonly signed: string
}

/** `undefined` unless there are exactly three parts. */
export function splitJws(text: string): JwsParts | undefined {
  const afterHeader = text.indexOf('.')
  const afterPayload = text.indexOf('.', afterHeader + 1)
  if (afterHeader < 1 || afterPayload < 0 || text.includes('.', afterPayload + 1)) return undefined
  return {
    header: text.slice(0, afterHeader),
    payload: text.slice(afterHeader + 1, afterPayload),
    signature: text.slice(afterPayload + 1),
    signed: text.slice(0, afterPayload),
  }
}

/**
 * Only the one text that stands for these bytes is taken: no padding, no stray bits (RFC 7515 §2, RFC 4648 §3.5).
 * `undefined` for any other and for none.
 */
export function decodeBase64url(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url')
  return text === '' || bytes.toString('base64url') !== text ? undefined : bytes
}
