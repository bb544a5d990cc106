/** What has to become of the bytes of a backend. */
export type Expected =
  /** No response; the connection is closed. */
  | { readonly outcome: 'refused' }
  /** Exactly this response. Interim ones (1xx) before it are left out. */
  | { readonly outcome: 'one'; readonly status: number; readonly body: string }
  /** The head is good, but the body ends before its end: whoever reads it must learn that it is cut. */
  | { readonly outcome: 'cut' }

/** The first bytes on a connection after a request of this method, and then its end. */
export interface ResponseCase {
  /** What it is, and where it is told: the section of an RFC, or the class under which it was published. */
  readonly title: string
  readonly method: 'GET' | 'HEAD'
  /** One character is one byte. */
  readonly bytes: string
  readonly expected: Expected
}

export function refused(title: string, bytes: string, method: 'GET' | 'HEAD' = 'GET'): ResponseCase {
  return { title, method, bytes, expected: { outcome: 'refused' } }
}

export function one(
  title: string,
  bytes: string,
  { status = 200, body = '', method = 'GET' as 'GET' | 'HEAD' } = {},
): ResponseCase {
  return { title, method, bytes, expected: { outcome: 'one', status, body } }
}

export function cut(title: string, bytes: string): ResponseCase {
  return { title, method: 'GET', bytes, expected: { outcome: 'cut' } }
}

/** A response with this status line and these fields. */
export function response(statusLine: string, lines: readonly string[], body = ''): string {
  return `${[statusLine, ...lines].join('\r\n')}\r\n\r\n${body}`
}

/** A response with status 200 and these fields. */
export function ok(lines: readonly string[], body = ''): string {
  return response('HTTP/1.1 200 OK', lines, body)
}

/** What an attacker would like to be taken for the response to somebody else's request. */
export const SPLIT = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nsplit'
