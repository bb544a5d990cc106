let line = ''

/** The date of a response (RFC 9110 §6.6.1), written once a second: a line, behind the CRLF that ends the one before. */
export function dateLine(): string {
  if (line === '') line = writeFor(Date.now())
  return line
}

/** It is good until the second is over; a timer costs less than a look at the clock with every response. */
function writeFor(now: number): string {
  setTimeout(
    () => {
      line = ''
    },
    1_000 - (now % 1_000),
  ).unref()
  return `\r\nDate: ${new Date(now).toUTCString()}`
}
