import type { SizeLimitConfig } from './contract.ts'

/** What stands against a request's head, with the figures for whoever sent it. */
export interface TooLarge {
  readonly kind: 'target-too-long' | 'head-too-large' | 'body-too-large'
  readonly detail: string
}

export interface Head {
  readonly target: string
  /** Names and values in turn. */
  readonly fields: readonly string[]
  /** What the sender announces of the body (RFC 9110 §8.6). */
  readonly contentLength: string | undefined
}

/** What the gateway writes into every request before the steps run: not the caller's doing. */
const ADDED = new Set(['X-Forwarded-For', 'X-Forwarded-Proto', 'X-Forwarded-Host', 'Forwarded'])

/** The first thing that is too large, in the order in which it arrives. Fields are ASCII or latin1: a character is a byte. */
export function judgeHead(limits: SizeLimitConfig, head: Head): TooLarge | undefined {
  if (head.target.length > (limits.maxTargetBytes ?? Number.POSITIVE_INFINITY)) {
    return { kind: 'target-too-long', detail: `At most ${limits.maxTargetBytes} bytes are taken.` }
  }
  return judgeFields(limits, head.fields) ?? judgeAnnounced(limits, head.contentLength)
}

function judgeFields(
  { maxFields, maxFieldBytes, maxHeadBytes }: SizeLimitConfig,
  fields: readonly string[],
): TooLarge | undefined {
  if (maxFields === undefined && maxFieldBytes === undefined && maxHeadBytes === undefined) return undefined
  let count = 0
  let total = 0
  let longest = 0
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string
    if (ADDED.has(name)) continue
    const size = name.length + (fields[i + 1] as string).length
    count++
    total += size
    longest = Math.max(longest, size)
  }
  if (maxFields !== undefined && count > maxFields) return headTooLarge(`${maxFields} fields are taken`)
  if (maxFieldBytes !== undefined && longest > maxFieldBytes)
    return headTooLarge(`${maxFieldBytes} bytes are taken in one field`)
  if (maxHeadBytes !== undefined && total > maxHeadBytes)
    return headTooLarge(`${maxHeadBytes} bytes of fields are taken`)
  return undefined
}

function headTooLarge(what: string): TooLarge {
  return { kind: 'head-too-large', detail: `At most ${what}.` }
}

function judgeAnnounced({ maxBodyBytes }: SizeLimitConfig, length: string | undefined): TooLarge | undefined {
  if (maxBodyBytes === undefined || length === undefined || Number(length) <= maxBodyBytes) return undefined
  return { kind: 'body-too-large', detail: bodyDetail(maxBodyBytes) }
}

export function bodyDetail(maxBytes: number): string {
  return `Bodies of at most ${maxBytes} bytes are taken.`
}

/** Counts what passes; `exceeded` makes the fault with which more than the limit ends. */
export function countTo(maxBytes: number, exceeded: () => Error): (chunk: Uint8Array) => void {
  let passed = 0
  return (chunk) => {
    passed += chunk.byteLength
    if (passed > maxBytes) throw exceeded()
  }
}

/** A stream of events ends with its caller's token or wish, not with its size. */
export function isEventStream(contentType: string | undefined): boolean {
  return contentType?.trim().toLowerCase().startsWith('text/event-stream') === true
}
