import { ok, one, type ResponseCase, refused, response, SPLIT } from './response-case.ts'

const sized = (...lines: string[]) => ok([...lines, 'Content-Length: 2'], 'hi')

/** Field lines that readers tell apart differently, and interim responses (RFC 9112 §5, RFC 9110 §15.2). */
export const fields: readonly ResponseCase[] = [
  refused('a blank before the colon, which a proxy must take off (RFC 9112 §5.1)', sized('X : y')),
  refused('a folded value (RFC 9112 §5.2)', sized('X: y', ' z')),
  refused('a line without a colon', sized('X')),
  refused('an empty name', sized(': y')),
  refused(
    'a blank before the first field (RFC 9112 §2.2)',
    'HTTP/1.1 200 OK\r\n X: y\r\nContent-Length: 2\r\n\r\nhi',
  ),
  refused('NUL in a value (RFC 9110 §5.5)', sized('X: a\0b')),
  refused('a control character in a value (RFC 9110 §5.5)', sized('X: a\x01b')),
  refused('a control character in a name (RFC 9110 §5.6.2)', sized('X\x01: y')),
  refused('an 8-bit letter in a name (RFC 9110 §5.6.2)', sized('X\xe4: y')),
  refused('a name in parentheses (RFC 9110 §5.6.2)', sized('(X): y')),
  refused('a bare CR in a value, which splits the response (RFC 9112 §2.2)', sized('X: a\rSet-Cookie: b')),
  refused('a bare LF in a value, which splits the response (RFC 9112 §2.2)', sized('X: a\nSet-Cookie: b')),
  refused('bare LF after every line', 'HTTP/1.1 200 OK\nContent-Length: 2\n\nhi'),
  refused('an empty line that is a bare LF', `HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\n${SPLIT}`),
  refused('a value of 64 KiB', sized(`X: ${'y'.repeat(65_536)}`)),
  refused('a thousand fields', sized(...Array.from({ length: 1000 }, (_, i) => `X${i}: y`))),
  refused('a head that ends with its connection', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n'),
  refused('a connection that ends without a byte', ''),
  refused('an interim response and nothing after it', response('HTTP/1.1 100 Continue', [])),
  refused('a thousand interim responses', response('HTTP/1.1 103 Early Hints', []).repeat(1000) + sized()),
  refused(
    'a change of protocol that nobody asked for (RFC 9110 §15.2.2)',
    response('HTTP/1.1 101 Switching Protocols', ['Connection: upgrade', 'Upgrade: x']),
  ),
  one('an interim response before the final one', response('HTTP/1.1 100 Continue', []) + sized(), {
    body: 'hi',
  }),
  one(
    'interim responses of several kinds',
    response('HTTP/1.1 102 Processing', []) + response('HTTP/1.1 103 Early Hints', ['Link: </a>']) + sized(),
    { body: 'hi' },
  ),
  one('a value of 8-bit bytes (RFC 9110 §5.5)', sized('X: \xe4\xff'), { body: 'hi' }),
  one('the same field twice', sized('Set-Cookie: a=b', 'Set-Cookie: c=d'), { body: 'hi' }),
  one('a Connection that names the length (RFC 9110 §7.6.1)', sized('Connection: Content-Length'), {
    body: 'hi',
  }),
]
