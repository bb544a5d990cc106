import { cut, ok, one, type ResponseCase, refused } from './response-case.ts'

const body = (bytes: string) => ok(['Transfer-Encoding: chunked'], bytes)

/** Chunks that are not exactly as RFC 9112 §7.1 writes them. */
export const chunks: readonly ResponseCase[] = [
  refused('a size that is no number', body('g\r\nhi\r\n0\r\n\r\n')),
  refused('a negative size', body('-2\r\nhi\r\n0\r\n\r\n')),
  refused('a size with 0x before it', body('0x2\r\nhi\r\n0\r\n\r\n')),
  refused('a blank after the size', body('2 \r\nhi\r\n0\r\n\r\n')),
  refused('a size beyond 2^64, which wraps to 2', body('10000000000000002\r\nhi\r\n0\r\n\r\n')),
  refused('an empty size', body('\r\nhi\r\n0\r\n\r\n')),
  refused('a size that ends with a bare LF', body('2\nhi\r\n0\r\n\r\n')),
  refused('a chunk extension (RFC 9112 §7.1.1)', body('2;a=b\r\nhi\r\n0\r\n\r\n')),
  refused('content longer than its size', body('2\r\nhello\r\n0\r\n\r\n')),
  refused('content that ends with a bare LF', body('2\r\nhi\n0\r\n\r\n')),
  refused('content that ends with CR and another byte', body('2\r\nhi\rX0\r\n\r\n')),
  refused('a size that ends with CR and another byte', body('2\rXhi\r\n0\r\n\r\n')),
  refused('a last chunk that ends with bare LFs', body('2\r\nhi\r\n0\n\n')),
  refused('a trailer line without a colon', body('2\r\nhi\r\n0\r\nX\r\n\r\n')),
  refused('a status line in the place of the trailers', body('0\r\nHTTP/1.1 200 OK\r\n\r\n')),
  refused('a length in the trailers (RFC 9110 §6.5.1)', body('2\r\nhi\r\n0\r\nContent-Length: 5\r\n\r\n')),
  refused('a coding in the trailers (RFC 9110 §6.5.1)', body('0\r\nTransfer-Encoding: chunked\r\n\r\n')),
  refused('trailers of 64 KiB', body(`0\r\n${'X: yyyyyyyyyyyy\r\n'.repeat(4096)}\r\n`)),
  one('trailers that say nothing of the message', body('2\r\nhi\r\n0\r\nX: y\r\n\r\n'), { body: 'hi' }),
  one('content that looks like chunks', body('5\r\n0\r\n\r\n\r\n0\r\n\r\n'), { body: '0\r\n\r\n' }),
  cut('content that ends within a chunk (RFC 9112 §8)', body('5\r\nhi')),
  cut('content that ends between chunks (RFC 9112 §8)', body('2\r\nhi\r\n')),
  cut('content that ends before its last line (RFC 9112 §8)', body('2\r\nhi\r\n0\r\n')),
]
