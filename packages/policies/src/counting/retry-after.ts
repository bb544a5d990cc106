/** `Retry-After` in whole seconds (RFC 9110 §10.2.3), never so few that the next call would come too early. */
export function retryAfterSeconds(millis: number): number {
  return Math.max(1, Math.ceil(millis / 1000))
}
