import type { Limit, Span, Take } from './port.ts'

/** More units than any engine counts in one stretch. */
export const MAX_SPAN_LIMIT = 1_000_000_000

/** A stretch may still be asked for when it is over, by callers whose clocks are behind: so long it is remembered. */
export const SPAN_GRACE_MILLIS = 60_000

const MAX_LEFT_MILLIS = 400 * 86_400_000

export function isSpan(limit: Limit | Span): limit is Span {
  return 'leftMillis' in limit
}

/** Throws a `RangeError` for a span that is not whole, below 1 or beyond what is counted. */
export function checkSpan({ limit, start, leftMillis }: Span): void {
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > MAX_SPAN_LIMIT) {
    throw new RangeError(`limit of a span is a whole number from 1 to ${MAX_SPAN_LIMIT}, not ${limit}`)
  }
  if (!Number.isSafeInteger(start)) throw new RangeError(`a span begins at whole milliseconds, not ${start}`)
  if (!Number.isSafeInteger(leftMillis) || leftMillis < 0 || leftMillis > MAX_LEFT_MILLIS) {
    throw new RangeError(`of a span there are from 0 to ${MAX_LEFT_MILLIS} ms left, not ${leftMillis}`)
  }
}

/** Whether `cost` can be taken on top of what is counted, and all that the caller is told about it. */
export function decideSpan({ limit, leftMillis }: Span, counted: number, cost: number): Take {
  if (!Number.isSafeInteger(cost) || cost < 0) {
    throw new RangeError(`a cost is a whole number of units, not ${cost}`)
  }
  const taken = counted + cost <= limit
  return {
    taken,
    remaining: Math.max(0, limit - (taken ? counted + cost : counted)),
    retryAfterMillis: taken ? 0 : cost > limit ? Number.POSITIVE_INFINITY : leftMillis,
    resetMillis: leftMillis,
  }
}
