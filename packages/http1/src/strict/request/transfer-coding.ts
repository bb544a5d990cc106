import { chunked, one, post, type RequestCase, refused, SMUGGLED } from './request-case.ts'

const body = chunked('hi')
const coded = (...values: string[]) =>
  post(
    values.map((value) => `Transfer-Encoding:${value}`),
    body,
  )

/** Transfer codings that one reader takes for chunked and another does not (RFC 9112 §6.1, §7). */
export const transferCodings: readonly RequestCase[] = [
  refused(501, 'TE.TE: a coding that only begins with chunked', coded(' chunkedx')),
  refused(501, 'TE.TE: a coding that only ends with chunked', coded(' xchunked')),
  refused(501, 'TE.TE: one letter less', coded(' chunke')),
  refused(501, 'TE.TE: a coding in quotes (RFC 9112 §6.1)', coded(' "chunked"')),
  refused(501, 'TE.TE: a coding in single quotes', coded(" 'chunked'")),
  refused(501, 'TE.TE: a parameter (RFC 9112 §7)', coded(' chunked;q=1')),
  refused(501, 'TE.TE: a parameter without a name (RFC 9112 §7)', coded(' chunked;')),
  refused(501, 'TE.TE: no coding (RFC 9112 §6.1)', coded('')),
  refused(501, 'TE.TE: blanks for a coding', coded('   ')),
  refused(501, 'TE.TE: a comma alone (RFC 9110 §5.6.1)', coded(' ,')),
  refused(501, 'TE.TE: an empty element before the coding (RFC 9110 §5.6.1)', coded(' , chunked')),
  refused(501, 'TE.TE: an empty element after the coding (RFC 9110 §5.6.1)', coded(' chunked,')),
  refused(501, 'TE.TE: chunked twice in one list (RFC 9112 §7.1)', coded(' chunked, chunked')),
  refused(501, 'TE.TE: chunked and then identity', coded(' chunked, identity')),
  refused(501, 'TE.TE: identity and then chunked', coded(' identity, chunked')),
  refused(501, 'TE.TE: identity alone, which is gone (RFC 9112 §7)', coded(' identity')),
  refused(501, 'a coding that we do not undo (RFC 9112 §6.1)', coded(' gzip, chunked')),
  refused(501, 'chunked that is not the last coding (RFC 9112 §6.3)', coded(' chunked, gzip')),
  refused(501, 'a coding alone that does not frame (RFC 9112 §6.3)', coded(' gzip')),
  refused(501, 'a coding with a blank within', coded(' chun ked')),
  refused(501, 'two words with a blank between', coded(' x chunked')),
  refused(501, 'a dotted coding', coded(' .chunked')),
  refused(501, 'a NBSP after the coding, which trimming by Unicode would take off', coded(' chunked\xa0')),
  refused(501, 'a NBSP before the coding', coded(' \xa0chunked')),
  refused(501, 'an 8-bit letter in the coding', coded(' chunke\xe4')),
  refused(501, 'an encoded coding (RFC 8187 does not apply)', coded(" utf-8''chunked")),
  refused(400, 'TE.TE: two fields, the second unknown (RFC 9112 §6.1)', coded(' chunked', ' x')),
  refused(400, 'TE.TE: two fields, the first unknown (RFC 9112 §6.1)', coded(' x', ' chunked')),
  refused(400, 'TE.TE: two fields, one with identity', coded(' chunked', ' identity')),
  refused(400, 'TE.TE: two fields that agree (RFC 9112 §7.1)', coded(' chunked', ' chunked')),
  refused(400, 'TE.TE: two fields, one empty', coded('', ' chunked')),
  refused(400, 'TE.TE: a vertical tab before the coding (RFC 9110 §5.5)', coded('\x0bchunked')),
  refused(400, 'TE.TE: a form feed after the coding (RFC 9110 §5.5)', coded(' chunked\x0c')),
  refused(400, 'TE.TE: NUL after the coding (RFC 9110 §5.5)', coded(' chunked\0')),
  refused(400, 'TE.TE: a bare CR before the coding (RFC 9112 §2.2)', coded('\rchunked')),
  refused(400, 'TE.TE: a bare LF before the coding (RFC 9112 §2.2)', coded('\nchunked')),
  refused(400, 'TE.TE: a folded coding (RFC 9112 §5.2)', coded('\r\n chunked')),
  refused(400, 'TE.TE: a folded coding by a tab (RFC 9112 §5.2)', coded('\r\n\tchunked')),
  refused(400, 'a tab after the coding, which some readers keep', coded(' chunked\t')),
  refused(
    400,
    'TE.TE: the coding hidden in the line of another field by a bare LF (RFC 9112 §2.2)',
    post(['X: y\nTransfer-Encoding: chunked'], body),
  ),
  refused(
    400,
    'TE.CL by a coding with a blank before its colon (RFC 9112 §5.1)',
    post(['Content-Length: 2', 'Transfer-Encoding : chunked'], `hi${SMUGGLED}`),
  ),
  refused(
    400,
    'TE.CL by a coding with a tab before its colon (RFC 9112 §5.1)',
    post(['Content-Length: 2', 'Transfer-Encoding\t: chunked'], `hi${SMUGGLED}`),
  ),
  refused(
    400,
    'a coding in HTTP/1.0, which knows none (RFC 9112 §6.1)',
    `POST /a HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${body}`,
  ),
  one('the coding in capitals (RFC 9112 §7)', coded(' CHUNKED'), { method: 'POST', body: 'hi' }),
  one('the coding without a blank before it (RFC 9112 §5.1)', coded('chunked'), {
    method: 'POST',
    body: 'hi',
  }),
  one('a tab before the coding (RFC 9110 §5.6.3)', coded('\tchunked'), { method: 'POST', body: 'hi' }),
  one('blanks after the coding (RFC 9110 §5.6.3)', coded(' chunked  '), { method: 'POST', body: 'hi' }),
  one(
    'an underscore makes another name, which is not taken for the coding',
    post(['Content-Length: 2', 'Transfer_Encoding: chunked'], 'hi'),
    { method: 'POST', body: 'hi' },
  ),
]
