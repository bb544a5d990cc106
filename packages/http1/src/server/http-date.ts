let text = ''
let second = 0

/** The date of a response (RFC 9110 §6.6.1), written once a second. */
export function httpDate(): string {
  const now = Date.now()
  if (now - second >= 1_000 || now < second) {
    second = now - (now % 1_000)
    text = new Date(now).toUTCString()
  }
  return text
}
