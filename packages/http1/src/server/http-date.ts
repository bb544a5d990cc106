let line = ''
let second = 0

/** The date of a response (RFC 9110 §6.6.1), written once a second: a line, behind the CRLF that ends the one before. */
export function dateLine(): string {
  const now = Date.now()
  if (now - second >= 1_000 || now < second) {
    second = now - (now % 1_000)
    line = `\r\nDate: ${new Date(now).toUTCString()}`
  }
  return line
}
