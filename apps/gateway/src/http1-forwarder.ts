import { ClientError, type ClientReason } from '@portcullis/http1/client/client-error'
import { type Http1Client, openHttp1Client } from '@portcullis/http1/client/open-http1-client'
import { malformed } from '@portcullis/http1/head/malformed'
import type { Response } from '@portcullis/http1/message'
import { RequestFault } from '@portcullis/http1/server/request-fault'
import { Fault } from '@portcullis/kernel/fault'
import { HeaderList } from '@portcullis/policy-kit/header-list'
import { gatewayFaults } from './fault.ts'
import { faultOfMalformed } from './fault-of-malformed.ts'
import type { ForwardedReply, Forwarder, ForwarderLimits } from './forwarder.ts'
import { markBlameless } from './upstream/blame.ts'
import { markUnsent } from './upstream/unsent.ts'

/** Opens a forwarder on our own HTTP/1.1 client. */
export function openHttp1Forwarder(limits: ForwarderLimits): Forwarder {
  const client: Http1Client = openHttp1Client(limits)
  return {
    forward({ origin, method, target, headers, body, signal, tls, upgrade, inform }) {
      const host = origin.slice(origin.indexOf('//') + 2)
      const request = { method, target, host, fields: headers.flat(), body, signal, upgrade, inform }
      return client.request(origin, request, tls).then(replyOf, failWithFault)
    },
    counts: () => client.counts(),
    async close() {
      client.close()
    },
  }
}

/** Nobody else has the list, so that steps may change it. */
function replyOf({ status, fields, body, tunnel }: Response): ForwardedReply {
  return { status, headers: new HeaderList(fields as string[]), body, tunnel }
}

function failWithFault(thrown: unknown): never {
  throw faultOfUpstream(thrown)
}

const timeouts = new Set<ClientReason>(['body-timeout', 'connect-timeout', 'head-timeout', 'total-timeout'])
/** No connection was to be had: the backend has enough to do. */
const busy = new Set<ClientReason>(['too-many-waiting', 'wait-timeout'])
const invalid = new Set<ClientReason>([
  'bad-request',
  'bad-upgrade',
  'malformed',
  'response-too-large',
  'unasked-upgrade',
])

/** What fails before there is a connection: nothing was sent, or only what may be sent twice. */
const unsent = new Set<ClientReason>([
  'connect-failed',
  'connect-timeout',
  'too-many-waiting',
  'untrusted',
  'wait-timeout',
])

/** What was to be sent could not be, or there are too many calls: that says nothing about the backend. */
const blameless = new Set<ClientReason>([
  'bad-request',
  'closed',
  'request-body-failed',
  'too-many-waiting',
  'wait-timeout',
])

function faultOfUpstream(thrown: unknown): Fault {
  const fault = translated(thrown)
  if (!(thrown instanceof ClientError)) return fault
  if (blameless.has(thrown.reason)) markBlameless(fault)
  if (unsent.has(thrown.reason)) markUnsent(fault)
  return fault
}

function translated(thrown: unknown): Fault {
  if (!(thrown instanceof ClientError)) return gatewayFaults.failed({ cause: thrown })
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
  if (cause instanceof RequestFault && cause.reason !== 'caller-gone' && cause.reason !== 'answered') {
    return faultOfMalformed(malformed(400, cause.reason))
  }
  return gatewayFaults['caller-gone']({ cause })
}
