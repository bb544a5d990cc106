import type { Exchange } from '../exchange.ts'
import type { BodyNeed } from '../policy.ts'
import { bodyTooLarge } from './watched-body.ts'

const EMPTY = new Uint8Array(0)

/**
 * Sees to it that the exchange shows as much of the body as a step declared. Bodies are read no earlier than by the
 * first step that needs them, so that whoever was refused before could not make us read. Returns a promise only
 * where something must be read; throws (or rejects with) `step.body-too-large` for a body above the declared cap.
 */
export function fillNeed(need: BodyNeed, x: Exchange): undefined | Promise<void> {
  if (need.need === 'none') return undefined
  if (x.request.body === undefined) {
    x.body = EMPTY
    return undefined
  }
  if (need.need !== 'prefix' && declaredLength(x) > need.maxBytes) throw bodyTooLarge(need.maxBytes)
  if (need.need === 'stream') return undefined
  const ahead = x.readAhead(x.request.body)
  // One byte more than the cap tells a body that just fits from one that does not.
  const wanted = need.need === 'prefix' ? need.bytes : need.maxBytes + 1
  if (ahead.has(wanted)) {
    show(need, x)
    return undefined
  }
  return ahead.fill(wanted).then(() => show(need, x))
}

/** Conditions are asked for calls that nobody has limited yet. */
const MAX_ASKED_BYTES = 65_536

/** Sees to it that conditions and expressions can ask the body; one that is larger than they may read has nothing to ask. */
export function fillForConditions(x: Exchange): undefined | Promise<void> {
  if (x.request.body === undefined) {
    x.body = EMPTY
    return undefined
  }
  if (declaredLength(x) > MAX_ASKED_BYTES) {
    x.body = undefined
    return undefined
  }
  const ahead = x.readAhead(x.request.body)
  const look = (): void => {
    const read = ahead.bytes()
    x.body = read.byteLength > MAX_ASKED_BYTES ? undefined : read
  }
  if (!ahead.has(MAX_ASKED_BYTES + 1)) return ahead.fill(MAX_ASKED_BYTES + 1).then(look)
  look()
  return undefined
}

function show(need: Extract<BodyNeed, { need: 'prefix' | 'whole' }>, x: Exchange): void {
  const read = x.ahead?.bytes() ?? EMPTY
  if (need.need === 'whole' && read.byteLength > need.maxBytes) throw bodyTooLarge(need.maxBytes)
  x.body = need.need === 'prefix' ? read.subarray(0, need.bytes) : read
}

/** The body's length where its sender states it (RFC 9110 §8.6); the listener has checked its form. */
function declaredLength(x: Exchange): number {
  return Number(x.request.headers.get('content-length') ?? 0)
}
