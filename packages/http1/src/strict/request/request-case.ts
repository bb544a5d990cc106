/** What has to become of the bytes of a caller. */
export type Expected =
  /** Answered with this status, the connection closed; nobody behind sees a whole request. */
  | { readonly outcome: 'refused'; readonly status: number }
  /** Read, and sent on, as exactly one request. */
  | { readonly outcome: 'one'; readonly method: string; readonly target: string; readonly body: string }
  /** A request that never ends: nobody behind sees a whole one, and what was sent is not taken for another. */
  | { readonly outcome: 'unfinished' }

/** Bytes that some reader takes for another message than some other reader does, or that no reader should take. */
export interface RequestCase {
  /** What it tries, and where it is told: the section of an RFC, or the class under which it was published. */
  readonly title: string
  /** One character is one byte. */
  readonly bytes: string
  readonly expected: Expected
}

export function refused(status: number, title: string, bytes: string): RequestCase {
  return { title, bytes, expected: { outcome: 'refused', status } }
}

export function one(
  title: string,
  bytes: string,
  { method = 'GET', target = '/a', body = '' }: { method?: string; target?: string; body?: string } = {},
): RequestCase {
  return { title, bytes, expected: { outcome: 'one', method, target, body } }
}

export function unfinished(title: string, bytes: string): RequestCase {
  return { title, bytes, expected: { outcome: 'unfinished' } }
}

/** A request to POST, given the lines of its head after Host. */
export function post(lines: readonly string[], body: string): string {
  return `${['POST /a HTTP/1.1', 'Host: a', ...lines].join('\r\n')}\r\n\r\n${body}`
}

/** A request to GET, given the lines of its head after Host. */
export function get(...lines: string[]): string {
  return `${['GET /a HTTP/1.1', 'Host: a', ...lines].join('\r\n')}\r\n\r\n`
}

/** A request to GET, given its request line. */
export function line(requestLine: string): string {
  return `${requestLine}\r\nHost: a\r\n\r\n`
}

/** What an attacker would like a backend to take for a request. */
export const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n'

/** A chunked body with these bytes. */
export function chunked(content: string): string {
  return `${content.length.toString(16)}\r\n${content}\r\n0\r\n\r\n`
}
