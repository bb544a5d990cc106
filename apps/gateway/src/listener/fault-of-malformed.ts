import type { Malformed as Http1Malformed } from '@portcullis/http1/head/malformed'
import type { Malformed as Http2Malformed } from '@portcullis/http2/head/malformed'
import type { Fault } from '@portcullis/kernel/fault'
import { gatewayFaults } from '../fault.ts'

type Malformed = Http1Malformed | Http2Malformed

/** What is told to callers about what is wrong with their message. */
const details: Readonly<Record<Malformed['reason'], string | undefined>> = {
  'ambiguous-length': 'The length of the body must be stated once (RFC 9112 §6.3).',
  'bad-chunk': 'The chunks of the body are not as RFC 9112 §7.1 writes them.',
  'bad-content-length': 'Content-Length must be digits (RFC 9110 §8.6).',
  'bad-field': 'A header field is not well-formed (RFC 9112 §5).',
  'bad-host': 'There must be exactly one well-formed Host field (RFC 9112 §3.2).',
  'bad-line-ending': 'Lines of the head must end with CRLF (RFC 9112 §2.2).',
  'bad-pseudo-field': 'The pseudo-header fields are not as RFC 9113 §8.3 has them.',
  'bad-request-line': 'The request line is not well-formed (RFC 9112 §3).',
  'bad-status-line': undefined,
  'bad-target': 'The request target is not well-formed (RFC 9112 §3.2).',
  'bad-websocket':
    'The opening handshake must be a GET without body, of version 13, with one key (RFC 6455 §4.2.1).',
  'bad-trailer': 'A trailer is not well-formed, or may not be one (RFC 9110 §6.5.1).',
  'body-too-large': undefined,
  'connection-field': 'HTTP/2 has no fields of a connection (RFC 9113 §8.2.2).',
  'folded-field': 'Header fields must not be folded (RFC 9112 §5.2).',
  'head-too-large': undefined,
  'slow-body': 'The body came too slowly.',
  'slow-head': 'The head came too slowly.',
  'target-too-long': undefined,
  'too-many-fields': 'The request has too many header fields.',
  'unknown-coding': 'The only transfer coding is chunked (RFC 9112 §6.1).',
  'unknown-expectation': undefined,
  'unknown-method': undefined,
  'unknown-upgrade': undefined,
  'unknown-version': undefined,
  'unknown-websocket-version': undefined,
}

export function faultOfMalformed({ reason }: Pick<Malformed, 'reason'>): Fault {
  const detail = details[reason]
  return faultNamed(reason)({ internal: reason, ...(detail !== undefined && { detail }) })
}

function faultNamed(reason: Malformed['reason']) {
  switch (reason) {
    case 'body-too-large':
      return gatewayFaults['body-too-large']
    case 'head-too-large':
    case 'too-many-fields':
      return gatewayFaults['head-too-large']
    case 'slow-body':
    case 'slow-head':
      return gatewayFaults['request-timeout']
    case 'target-too-long':
      return gatewayFaults['target-too-long']
    case 'unknown-expectation':
      return gatewayFaults['expectation-failed']
    case 'unknown-method':
      return gatewayFaults['method-not-implemented']
    case 'unknown-upgrade':
      return gatewayFaults['upgrade-not-implemented']
    case 'unknown-websocket-version':
      return gatewayFaults['websocket-version-not-supported']
    case 'unknown-version':
      return gatewayFaults['version-not-supported']
    default:
      return gatewayFaults['malformed-request']
  }
}
