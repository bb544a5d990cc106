import { chunked, one, post, type RequestCase, refused, SMUGGLED } from './request-case.ts'

const CHUNKED = 'Transfer-Encoding: chunked'

/** Two statements about the end of one body (RFC 9112 §6.1, §6.3, §11.2). */
export const twoLengths: readonly RequestCase[] = [
  refused(
    400,
    'CL.TE: the length spans the request that follows the last chunk (RFC 9112 §6.1)',
    post(['Content-Length: 40', CHUNKED], `0\r\n\r\n${SMUGGLED}`),
  ),
  refused(
    400,
    'CL.TE with the coding first (RFC 9112 §6.1)',
    post([CHUNKED, 'Content-Length: 40'], `0\r\n\r\n${SMUGGLED}`),
  ),
  refused(
    400,
    'CL.TE with a single left-over byte, the classic probe',
    post(['Content-Length: 6', CHUNKED], '0\r\n\r\nG'),
  ),
  refused(
    400,
    'TE.CL: the length ends within the first chunk (RFC 9112 §6.1)',
    post(['Content-Length: 4', CHUNKED], `23\r\n${SMUGGLED}\r\n0\r\n\r\n`),
  ),
  refused(
    400,
    'TE.CL with a length of zero (RFC 9112 §6.1)',
    post(['Content-Length: 0', CHUNKED], chunked(SMUGGLED)),
  ),
  refused(
    400,
    'a length that agrees with the chunks is still a second statement (RFC 9112 §6.1)',
    post(['Content-Length: 12', CHUNKED], '2\r\nhi\r\n0\r\n\r\n'),
  ),
  refused(
    400,
    'CL.TE where the length is empty (RFC 9112 §6.3)',
    post(['Content-Length: ', CHUNKED], chunked('hi')),
  ),
  refused(
    400,
    'CL.TE where the length is no number (RFC 9112 §6.3)',
    post(['Content-Length: abc', CHUNKED], chunked('hi')),
  ),
  refused(
    400,
    'CL.TE with many fields between the two (RFC 9112 §6.1)',
    post(['Content-Length: 5', ...Array.from({ length: 40 }, (_, i) => `X-${i}: y`), CHUNKED], '0\r\n\r\n'),
  ),
  refused(
    400,
    'CL.TE with names in odd case (RFC 9110 §5.1)',
    post(['cOnTeNt-LeNgTh: 5', 'tRANSFER-eNCODING: chunked'], '0\r\n\r\n'),
  ),
  refused(
    400,
    'CL.TE in HTTP/1.0 (RFC 9112 §6.1)',
    'POST /a HTTP/1.0\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  ),
  refused(
    400,
    'CL.TE where Connection names the length away (RFC 9110 §7.6.1)',
    post(['Connection: Content-Length', 'Content-Length: 5', CHUNKED], '0\r\n\r\n'),
  ),
  refused(
    400,
    'CL.TE on a method without content',
    `GET /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n${CHUNKED}\r\n\r\n0\r\n\r\n`,
  ),
  refused(
    400,
    'two different lengths (RFC 9112 §6.3)',
    post(['Content-Length: 2', 'Content-Length: 37'], `hi${SMUGGLED}`),
  ),
  refused(
    400,
    'two lengths, the first of zero (RFC 9112 §6.3)',
    post(['Content-Length: 0', 'Content-Length: 35'], SMUGGLED),
  ),
  refused(
    400,
    'two equal lengths (RFC 9110 §8.6 would let them be merged)',
    post(['Content-Length: 2', 'Content-Length: 2'], 'hi'),
  ),
  refused(
    400,
    'two lengths that differ in the case of their names (RFC 9110 §5.1)',
    post(['Content-Length: 2', 'content-length: 41'], `hi${SMUGGLED}`),
  ),
  refused(
    400,
    'two lengths far apart (RFC 9112 §6.3)',
    post(
      ['Content-Length: 2', ...Array.from({ length: 40 }, (_, i) => `X-${i}: y`), 'Content-Length: 37'],
      `hi${SMUGGLED}`,
    ),
  ),
  refused(
    400,
    'three equal lengths (RFC 9110 §8.6)',
    post(['Content-Length: 2', 'Content-Length: 2', 'Content-Length: 2'], 'hi'),
  ),
  refused(
    400,
    'equal lengths in one list (RFC 9110 §8.6 would let them be merged)',
    post(['Content-Length: 2, 2'], 'hi'),
  ),
  refused(400, 'different lengths in one list (RFC 9112 §6.3)', post(['Content-Length: 2, 37'], 'hi')),
  one(
    'a length beside a field that only resembles the coding',
    post(['Content-Length: 2', 'X-Transfer-Encoding: chunked'], 'hi'),
    { method: 'POST', body: 'hi' },
  ),
  one(
    'a coding beside a field that only resembles the length',
    post(['X-Content-Length: 3', CHUNKED], chunked('hi')),
    { method: 'POST', body: 'hi' },
  ),
  one(
    'an underscore makes another name, which is not taken for the length',
    post(['Content_Length: 37', 'Content-Length: 2'], 'hi'),
    { method: 'POST', body: 'hi' },
  ),
]
