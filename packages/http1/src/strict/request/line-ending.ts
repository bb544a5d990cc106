import { get, one, type RequestCase, refused, SMUGGLED, unfinished } from './request-case.ts'

/** Lines end with CRLF and with nothing else (RFC 9112 §2.2). */
export const lineEndings: readonly RequestCase[] = [
  refused(400, 'bare LF after every line', 'GET /a HTTP/1.1\nHost: a\n\n'),
  refused(400, 'bare LF after the request line', 'GET /a HTTP/1.1\nHost: a\r\n\r\n'),
  refused(400, 'bare LF after a field', 'GET /a HTTP/1.1\r\nX: y\nHost: a\r\n\r\n'),
  refused(400, 'bare LF after the last field', 'GET /a HTTP/1.1\r\nHost: a\n\r\n'),
  refused(400, 'an empty line that is a bare LF', 'GET /a HTTP/1.1\r\nHost: a\r\n\n'),
  refused(
    400,
    'an empty line that is a bare LF, and a request after it',
    `${get().slice(0, -2)}\n${SMUGGLED}`,
  ),
  refused(400, 'bare CR after the request line', 'GET /a HTTP/1.1\rHost: a\r\n\r\n'),
  refused(400, 'bare CR after a field', 'GET /a HTTP/1.1\r\nX: y\rHost: a\r\n\r\n'),
  refused(400, 'bare CR within a value', 'GET /a HTTP/1.1\r\nHost: a\r\nX: y\rz\r\n\r\n'),
  refused(400, 'bare CR within a name', 'GET /a HTTP/1.1\r\nHost: a\r\nX\rY: z\r\n\r\n'),
  refused(400, 'CR CR LF after a field', 'GET /a HTTP/1.1\r\nHost: a\r\r\n\r\n'),
  refused(400, 'CR CR LF for the empty line', 'GET /a HTTP/1.1\r\nHost: a\r\n\r\r\n\r\n'),
  refused(400, 'LF CR after a field', 'GET /a HTTP/1.1\r\nHost: a\n\rX: y\r\n\r\n'),
  refused(400, 'a bare CR before the request line', `\rGET /a HTTP/1.1\r\nHost: a\r\n\r\n`),
  refused(400, 'a bare LF before the request line', `\nGET /a HTTP/1.1\r\nHost: a\r\n\r\n`),
  refused(400, 'bare CR within the target', 'GET /a\rb HTTP/1.1\r\nHost: a\r\n\r\n'),
  refused(400, 'bare LF within the target', 'GET /a\nb HTTP/1.1\r\nHost: a\r\n\r\n'),
  refused(400, 'a next line character (0x85) for an end of line', 'GET /a HTTP/1.1\x85Host: a\r\n\r\n'),
  refused(400, 'a vertical tab for an end of line', 'GET /a HTTP/1.1\x0bHost: a\r\n\r\n'),
  refused(400, 'nothing but an empty head', '\r\n\r\n\r\n\r\n'),
  one('a value that holds an encoded line ending', get('X: a%0d%0aY: b')),
  unfinished('a head that never ends', 'GET /a HTTP/1.1\r\nHost: a\r\nX: y\r\n'),
]
