import { one, post, type RequestCase, refused, SMUGGLED, unfinished } from './request-case.ts'

const sized = (value: string, body = 'hi') => post([`Content-Length:${value}`], body)

/** Lengths that are no plain number (RFC 9110 §8.6). */
export const contentLengths: readonly RequestCase[] = [
  refused(400, 'a length with a plus sign', sized(' +2')),
  refused(400, 'a negative length', sized(' -2')),
  refused(400, 'minus zero', sized(' -0')),
  refused(400, 'a hexadecimal length', sized(' 0x2')),
  refused(400, 'an octal length', sized(' 0o2')),
  refused(400, 'a length with a fraction', sized(' 2.0')),
  refused(400, 'a length with an exponent', sized(' 2e0')),
  refused(400, 'a length with a thousands separator', sized(' 2_0')),
  refused(400, 'a length with a blank within', sized(' 2 0')),
  refused(400, 'a length and a word', sized(' 2 bytes')),
  refused(400, 'a length and a semicolon', sized(' 2;')),
  refused(400, 'a length and a comma', sized(' 2,')),
  refused(400, 'a comma and a length', sized(' ,2')),
  refused(400, 'a length in quotes', sized(' "2"')),
  refused(400, 'an empty length', sized('')),
  refused(400, 'blanks for a length', sized('  ')),
  refused(400, 'a length that is not a number', sized(' NaN')),
  refused(400, 'an endless length', sized(' Infinity')),
  refused(400, 'a length beyond 2^53, which doubles round', sized(' 9007199254740993')),
  refused(400, 'a length beyond 2^64, which wraps to 2', sized(' 18446744073709551618')),
  refused(400, 'a length beyond 2^32 in many zeros and digits', sized(` ${'9'.repeat(40)}`)),
  refused(400, 'a length with superscript digits', sized(' \xb2')),
  refused(400, 'a NBSP after the length', sized(' 2\xa0')),
  refused(400, 'a vertical tab after the length (RFC 9110 §5.5)', sized(' 2\x0b')),
  refused(400, 'NUL after the length (RFC 9110 §5.5)', sized(' 2\0')),
  refused(400, 'a bare CR within the length (RFC 9112 §2.2)', sized(' 2\r0')),
  refused(400, 'a folded length (RFC 9112 §5.2)', sized(' 2\r\n 0')),
  refused(400, 'a tab after the length, which some readers refuse', sized(' 2\t')),
  refused(
    400,
    'a length with a blank before its colon (RFC 9112 §5.1)',
    post(['Content-Length : 35'], SMUGGLED),
  ),
  refused(
    400,
    'a length that begins its line with a blank (RFC 9112 §5.2)',
    post([' Content-Length: 2'], 'hi'),
  ),
  one('a length with leading zeros is decimal', sized(' 0002'), { method: 'POST', body: 'hi' }),
  one('a length of zero', sized(' 0', ''), { method: 'POST' }),
  one('blanks around the length (RFC 9110 §5.6.3)', sized('   2  '), { method: 'POST', body: 'hi' }),
  unfinished('CL.0 turned round: a length that is never reached', sized(' 3')),
]
