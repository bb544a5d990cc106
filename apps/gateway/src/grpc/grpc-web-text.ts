import type { Body } from '@portcullis/policy-kit/message/reply'

/** Whole groups, with padding where one ends, which may be in the middle: what is sent in pieces is padded in pieces. */
const GROUPS = /^(?:[A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{2}==)*$/

/** The bytes of a body in base64 (RFC 4648 §4). One that is not breaks off. */
export function bytesOfBase64(body: Body): Body {
  if (body instanceof Uint8Array) {
    try {
      return decoded(Buffer.from(body).toString('latin1'))
    } catch {
      return decodedPieces([body])
    }
  }
  return decodedPieces(body)
}

async function* decodedPieces(
  pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let rest = ''
  for await (const piece of pieces) {
    const text = rest + Buffer.from(piece).toString('latin1')
    const whole = text.length - (text.length % 4)
    rest = text.slice(whole)
    if (whole > 0) yield decoded(text.slice(0, whole))
  }
  if (rest !== '') throw new Error('the body is no whole base64')
}

function decoded(text: string): Buffer {
  if (!GROUPS.test(text)) throw new Error('the body is no base64')
  if (!text.includes('=')) return Buffer.from(text, 'base64')
  return Buffer.concat((text.match(/[^=]+=*/g) ?? []).map((each) => Buffer.from(each, 'base64')))
}

/** Every piece by itself, so that the other side can read it when it comes. */
export async function* base64Of(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    if (piece.byteLength > 0) yield Buffer.from(Buffer.from(piece).toString('base64'), 'latin1')
  }
}
