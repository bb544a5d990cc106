import { cut, ok, one, type ResponseCase, refused, response, SPLIT } from './response-case.ts'

const CHUNKED = 'Transfer-Encoding: chunked'
const chunks = '2\r\nhi\r\n0\r\n\r\n'
const sized = (value: string) => ok([`Content-Length:${value}`], 'hi')
const coded = (...values: string[]) =>
  ok(
    values.map((value) => `Transfer-Encoding:${value}`),
    chunks,
  )

/** The end of a response's content, said twice, oddly or not at all (RFC 9112 §6.3). */
export const lengths: readonly ResponseCase[] = [
  refused('CL.TE in a response (RFC 9112 §6.3)', ok(['Content-Length: 5', CHUNKED], chunks)),
  refused('TE.CL in a response (RFC 9112 §6.3)', ok([CHUNKED, 'Content-Length: 5'], chunks)),
  refused('both, where the length is zero', ok([CHUNKED, 'Content-Length: 0'], chunks)),
  refused(
    'two different lengths (RFC 9112 §6.3)',
    ok(['Content-Length: 2', 'Content-Length: 50'], `hi${SPLIT}`),
  ),
  refused('two equal lengths', ok(['Content-Length: 2', 'content-length: 2'], 'hi')),
  refused('equal lengths in one list', sized(' 2, 2')),
  refused('different lengths in one list', sized(' 2, 50')),
  refused('an empty length', sized('')),
  refused('a length that is no number', sized(' two')),
  refused('a negative length', sized(' -2')),
  refused('a length with a plus sign', sized(' +2')),
  refused('a hexadecimal length', sized(' 0x2')),
  refused('a length with a fraction', sized(' 2.0')),
  refused('a length with a blank within', sized(' 2 0')),
  refused('a length beyond 2^53', sized(' 9007199254740993')),
  refused('a length beyond 2^64, which wraps to 2', sized(' 18446744073709551618')),
  refused('a tab after the length, which some readers refuse', sized(' 2\t')),
  refused('a length with a blank before its colon (RFC 9112 §5.1)', ok(['Content-Length : 2'], 'hi')),
  refused('a coding that is not known (RFC 9112 §6.1)', coded(' gzip')),
  refused('a coding before chunked, which we do not undo', coded(' gzip, chunked')),
  refused('chunked that is not the last coding (RFC 9112 §6.3)', coded(' chunked, gzip')),
  refused('chunked twice in a list (RFC 9112 §7.1)', coded(' chunked, chunked')),
  refused('chunked twice', coded(' chunked', ' chunked')),
  refused('chunked and identity', coded(' chunked', ' identity')),
  refused('identity', coded(' identity')),
  refused('an empty coding', coded('')),
  refused('a coding that only begins with chunked', coded(' chunkedx')),
  refused('a coding with a parameter', coded(' chunked;a=b')),
  refused('a tab after the coding, which llhttp takes for another coding', coded(' chunked\t')),
  refused('a NBSP after the coding', coded(' chunked\xa0')),
  refused('a folded coding (RFC 9112 §5.2)', coded('\r\n chunked')),
  refused('a coding in HTTP/1.0 (RFC 9112 §6.1)', response('HTTP/1.0 200 OK', [CHUNKED], chunks)),
  refused('a coding with 204 (RFC 9112 §6.1)', response('HTTP/1.1 204 No Content', [CHUNKED], chunks)),
  refused('a coding with 1xx (RFC 9112 §6.1)', response('HTTP/1.1 103 Early Hints', [CHUNKED], SPLIT)),
  refused(
    'a length with 204 (RFC 9110 §8.6)',
    response('HTTP/1.1 204 No Content', ['Content-Length: 2'], 'hi'),
  ),
  refused(
    'a length with 1xx (RFC 9110 §8.6)',
    response(
      'HTTP/1.1 103 Early Hints',
      [`Content-Length: ${SPLIT.length}`],
      SPLIT + ok(['Content-Length: 0']),
    ),
  ),
  refused(
    'a length with 100 (RFC 9110 §8.6)',
    response('HTTP/1.1 100 Continue', [`Content-Length: ${SPLIT.length}`], SPLIT + ok(['Content-Length: 0'])),
  ),
  refused('both lengths in a response to HEAD', ok([CHUNKED, 'Content-Length: 5']), 'HEAD'),
  refused(
    'two lengths with 304',
    response('HTTP/1.1 304 Not Modified', ['Content-Length: 1', 'Content-Length: 2']),
  ),
  one(
    'a length of zero with 204, as many servers send it',
    response('HTTP/1.1 204 No Content', ['Content-Length: 0']),
    { status: 204 },
  ),
  one(
    'a length with 304, of what was not sent (RFC 9110 §8.6)',
    response('HTTP/1.1 304 Not Modified', ['Content-Length: 99']),
    { status: 304 },
  ),
  one(
    'a coding with 304, of what was not sent (RFC 9112 §6.1)',
    response('HTTP/1.1 304 Not Modified', [CHUNKED]),
    { status: 304 },
  ),
  one('a length in a response to HEAD (RFC 9110 §8.6)', ok(['Content-Length: 99']), { method: 'HEAD' }),
  one('a coding in a response to HEAD (RFC 9112 §6.1)', ok([CHUNKED]), { method: 'HEAD' }),
  one('neither: the content ends with the connection (RFC 9112 §6.3)', ok(['X: y'], 'hi'), { body: 'hi' }),
  one(
    'neither, in HTTP/1.0 that would keep the connection',
    response('HTTP/1.0 200 OK', ['Connection: keep-alive'], 'hi'),
    { body: 'hi' },
  ),
  one('a length in HTTP/1.0', response('HTTP/1.0 200 OK', ['Content-Length: 2'], 'hi'), { body: 'hi' }),
  one('chunked in capitals', coded(' CHUNKED'), { body: 'hi' }),
  one(
    '205 with a length of zero (RFC 9110 §15.3.6)',
    response('HTTP/1.1 205 Reset Content', ['Content-Length: 0']),
    { status: 205 },
  ),
  cut('a length that is not reached (RFC 9112 §8)', ok(['Content-Length: 3'], 'hi')),
  cut('no content where a length promises some (RFC 9112 §8)', ok(['Content-Length: 3'])),
]
