import { ClientError, type ClientReason } from '@portcullis/http1/client/client-error'
import { RequestFault } from '@portcullis/http1/server/request-fault'
import {
  ClientError as Http2ClientError,
  type ClientReason as Http2ClientReason,
} from '@portcullis/http2/client/client-error'
import { RequestFault as Http2RequestFault } from '@portcullis/http2/server/request-fault'
import { Fault } from '@portcullis/kernel/fault'
import { gatewayFaults } from '../fault.ts'
import { faultOfMalformed } from '../listener/fault-of-malformed.ts'
import { markUnsent } from '../upstream/delivery/unsent.ts'
import { markBlameless } from '../upstream/fitness/blame.ts'

type Reason = ClientReason | Http2ClientReason

const timeouts = new Set<Reason>(['body-timeout', 'connect-timeout', 'head-timeout', 'total-timeout'])
/** No connection was to be had: the backend has enough to do. */
const busy = new Set<Reason>(['too-many-waiting', 'wait-timeout'])
const invalid = new Set<Reason>([
  'bad-request',
  'bad-upgrade',
  'malformed',
  'response-too-large',
  'unasked-upgrade',
])

/** What fails before there is a connection: nothing was sent, or only what may be sent twice. */
const unsent = new Set<Reason>([
  'connect-failed',
  'connect-timeout',
  'no-http2',
  'refused',
  'too-many-waiting',
  'untrusted',
  'wait-timeout',
])

/** What was to be sent could not be, or there are too many calls: that says nothing about the backend. */
const blameless = new Set<Reason>([
  'bad-request',
  'closed',
  'request-body-failed',
  'too-many-waiting',
  'wait-timeout',
])

/** What a client of ours threw, as a fault that knows whether the backend is to blame, and whether anything was sent. */
export function faultOfUpstream(thrown: unknown): Fault {
  const fault = translated(thrown)
  if (!isClientError(thrown)) return fault
  if (blameless.has(thrown.reason)) markBlameless(fault)
  if (unsent.has(thrown.reason)) markUnsent(fault)
  return fault
}

function translated(thrown: unknown): Fault {
  if (!isClientError(thrown)) return gatewayFaults.failed({ cause: thrown })
  const { reason, cause } = thrown
  if (reason === 'aborted') return gatewayFaults['caller-gone']()
  if (reason === 'request-body-failed') return faultOfBody(cause)
  const options = { internal: thrown.message, cause: thrown }
  if (busy.has(reason)) return gatewayFaults['upstream-busy'](options)
  if (timeouts.has(reason)) return gatewayFaults['upstream-timeout'](options)
  if (invalid.has(reason)) return gatewayFaults['upstream-invalid'](options)
  return gatewayFaults['upstream-unreachable'](options)
}

/** Whoever made the body said why it broke off: the caller left, or sent what cannot be read. */
function faultOfBody(cause: unknown): Fault {
  if (cause instanceof Fault) return cause
  if (cause instanceof RequestFault || cause instanceof Http2RequestFault) {
    const { reason } = cause
    if (reason !== 'caller-gone' && reason !== 'answered') return faultOfMalformed({ reason })
  }
  return gatewayFaults['caller-gone']({ cause })
}

function isClientError(thrown: unknown): thrown is ClientError | Http2ClientError {
  return thrown instanceof ClientError || thrown instanceof Http2ClientError
}
