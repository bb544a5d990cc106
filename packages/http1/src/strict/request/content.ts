import { chunked, get, one, post, type RequestCase, SMUGGLED } from './request-case.ts'

const length = `Content-Length: ${SMUGGLED.length}`

/** Content where some reader expects none, so that it takes the content for the next request. */
export const contents: readonly RequestCase[] = [
  one('CL.0: content of a POST that is a request', post([length], SMUGGLED), {
    method: 'POST',
    body: SMUGGLED,
  }),
  one('CL.0: content of a GET (RFC 9110 §9.3.1)', get(length) + SMUGGLED, { body: SMUGGLED }),
  one(
    'CL.0: content of a HEAD (RFC 9110 §9.3.2)',
    `HEAD /a HTTP/1.1\r\nHost: a\r\n${length}\r\n\r\n${SMUGGLED}`,
    { method: 'HEAD', body: SMUGGLED },
  ),
  one(
    'CL.0: content of a DELETE (RFC 9110 §9.3.5)',
    `DELETE /a HTTP/1.1\r\nHost: a\r\n${length}\r\n\r\n${SMUGGLED}`,
    { method: 'DELETE', body: SMUGGLED },
  ),
  one(
    'CL.0: content of an OPTIONS (RFC 9110 §9.3.7)',
    `OPTIONS /a HTTP/1.1\r\nHost: a\r\n${length}\r\n\r\n${SMUGGLED}`,
    { method: 'OPTIONS', body: SMUGGLED },
  ),
  one('CL.0: content in HTTP/1.0', `POST /a HTTP/1.0\r\nHost: a\r\n${length}\r\n\r\n${SMUGGLED}`, {
    method: 'POST',
    body: SMUGGLED,
  }),
  one('CL.0: with Connection: close', post(['Connection: close', length], SMUGGLED), {
    method: 'POST',
    body: SMUGGLED,
  }),
  one(
    'CL.0: Connection names the length (RFC 9110 §7.6.1)',
    post(['Connection: Content-Length', length], SMUGGLED),
    {
      method: 'POST',
      body: SMUGGLED,
    },
  ),
  one(
    '0.CL: content of a GET behind Expect (RFC 9110 §10.1.1)',
    get('Expect: 100-continue', length) + SMUGGLED,
    {
      body: SMUGGLED,
    },
  ),
  one(
    '0.CL: the length after many fields',
    get(...Array.from({ length: 60 }, (_, i) => `X-${i}: y`), length) + SMUGGLED,
    {
      body: SMUGGLED,
    },
  ),
  one('0.CL: the name of the length in odd case', get(`CONTENT-LENGTH: ${SMUGGLED.length}`) + SMUGGLED, {
    body: SMUGGLED,
  }),
  one('TE.0: chunked content of a GET', get('Transfer-Encoding: chunked') + chunked(SMUGGLED), {
    body: SMUGGLED,
  }),
  one(
    'TE.0: chunked content of an OPTIONS',
    `OPTIONS /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${chunked(SMUGGLED)}`,
    { method: 'OPTIONS', body: SMUGGLED },
  ),
  one(
    'TE.0: chunked content of a HEAD',
    `HEAD /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${chunked(SMUGGLED)}`,
    { method: 'HEAD', body: SMUGGLED },
  ),
  one(
    'TE.0: Connection names the coding (RFC 9110 §7.6.1)',
    post(['Connection: Transfer-Encoding', 'Transfer-Encoding: chunked'], chunked(SMUGGLED)),
    {
      method: 'POST',
      body: SMUGGLED,
    },
  ),
  one('a POST without length and content (RFC 9112 §6.3)', post([], ''), { method: 'POST' }),
  one('content that begins with empty lines', post(['Content-Length: 4'], '\r\n\r\n'), {
    method: 'POST',
    body: '\r\n\r\n',
  }),
  one('content of every byte', post(['Content-Length: 256'], everyByte()), {
    method: 'POST',
    body: everyByte(),
  }),
]

function everyByte(): string {
  return String.fromCharCode(...Array.from({ length: 256 }, (_, i) => i))
}
