import { defineFaults } from '@portcullis/kernel/fault'

/** What the gateway itself can say against a call. */
export const gatewayFaults = defineFaults('gateway', {
  'malformed-request': {
    status: 400,
    title: 'This is not a well-formed HTTP request',
    remedy: 'Send HTTP/1.1 as RFC 9112 describes it, with exactly one Host field.',
  },
  'malformed-path': {
    status: 400,
    title: 'The path is ambiguous',
    remedy: 'Send a path without dot segments, empty segments, backslashes or encoded slashes.',
  },
  'request-timeout': {
    status: 408,
    title: 'The request took too long to arrive',
    remedy: 'Send the whole request without long pauses.',
  },
  'body-too-large': {
    status: 413,
    title: 'The body is larger than the gateway takes',
    remedy: 'Send less at once. Operators: the limit is one of the listener.',
  },
  'target-too-long': {
    status: 414,
    title: 'The request target is too long',
    remedy: 'Send a shorter path and query, or what the query holds in the body.',
  },
  'expectation-failed': {
    status: 417,
    title: 'The expectation cannot be met',
    remedy: 'The only expectation there is, is 100-continue (RFC 9110 §10.1.1).',
  },
  'websocket-version-not-supported': {
    status: 426,
    title: 'The gateway does not speak this version of WebSocket',
    remedy: 'Use version 13 (RFC 6455 §4.4).',
  },
  'head-too-large': {
    status: 431,
    title: 'The header fields are too large or too many',
    remedy: 'Send fewer or shorter header fields.',
  },
  'method-not-implemented': {
    status: 501,
    title: 'The gateway does not take part in this method',
    remedy: 'CONNECT, TRACE and methods that are not registered are not carried.',
  },
  'upgrade-not-implemented': {
    status: 501,
    title: 'The gateway does not change to this protocol',
    remedy: 'The only protocol to which a connection can change is WebSocket.',
  },
  'version-not-supported': {
    status: 505,
    title: 'The gateway does not speak this version of HTTP',
    remedy: 'Use HTTP/1.1.',
  },
  'not-ready': {
    status: 503,
    title: 'The gateway has nothing to enforce yet',
    remedy: 'Try again in a moment. Operators: the log says why no revision is live.',
  },
  'tls-required': {
    status: 403,
    title: 'This port does not take calls: they would travel unencrypted',
    remedy:
      'Call the https:// URL. What credentials the call held must be taken for known to others: change them.',
  },
  'unknown-host': {
    status: 421,
    title: 'No environment answers to this host',
    remedy: 'Check the host name. Operators: name it under `hosts` of an environment.',
  },
  'no-operation': {
    status: 404,
    title: 'There is no such operation',
    remedy: 'Check path and method against the contract of the API.',
  },
  'method-not-allowed': {
    status: 405,
    title: 'The path exists, but not with this method',
    remedy: 'Use one of the methods in the Allow field.',
  },
  'upgrade-refused': {
    status: 403,
    title: 'This operation does not change to WebSocket',
    remedy: 'Call it without Upgrade. Operators: attach the policy `websocket` to let connections change.',
  },
  'upgrade-unsupported': {
    status: 501,
    title: 'The backend of this operation speaks HTTP/2, over which WebSockets are not carried',
    remedy:
      'Operators: declare an upstream without `protocol: http2` for the operations whose connections change to WebSocket.',
  },
  'preflight-refused': {
    status: 403,
    title: 'Calls from other origins are not allowed here',
    remedy: 'Operators: attach the policy `cors` to let browsers of other origins call.',
  },
  'caller-gone': {
    status: 499,
    title: 'The caller went away before there was an answer',
    remedy: 'Wait longer for the answer.',
  },
  'upstream-unreachable': {
    status: 502,
    title: 'The backend cannot be reached',
    remedy: 'Try again in a moment. Operators: check that the backend runs at the address of the deployment.',
  },
  'upstream-invalid': {
    status: 502,
    title: 'The backend did not give a valid answer',
    remedy: 'Operators: the log says what was wrong with the answer.',
  },
  'upstream-timeout': {
    status: 504,
    title: 'The backend did not answer in time',
    remedy: 'Try again later. Operators: find out why the backend is slow.',
  },
  'upstream-busy': {
    status: 503,
    title: 'Too many calls wait for the backend',
    remedy:
      'Try again in a moment. Operators: find out why the backend is slow, or let `upstreamMaxConnections` be more.',
  },
  'deadline-exceeded': {
    status: 504,
    title: 'The call took longer than its caller gave it',
    remedy: 'Allow more time in `grpc-timeout`, or find out why the backend is slow.',
  },
  'upstream-open': {
    status: 503,
    title: 'The backend is given a rest, because too many calls to it failed',
    remedy:
      'Try again in a moment. Operators: the log says which targets failed, and when their circuits opened.',
  },
  failed: {
    status: 500,
    title: 'The gateway failed',
    remedy: 'Operators: the log has the details under the id of the decision.',
  },
})

/** Why a revision is not taken into service. Read by operators, never by callers. */
export const revisionFaults = defineFaults('revision', {
  'bad-signature': {
    status: 502,
    title: 'The revision is not signed by the control plane',
    remedy:
      'Check that the gateway was given the public key of this control plane, and who else can write to it.',
  },
  'bad-content': {
    status: 502,
    title: 'The revision holds something that this gateway does not understand',
    remedy: 'Run the same version of gateway and control plane: unknown keys are refused, not ignored.',
  },
  'bad-policy': {
    status: 502,
    title: 'The revision attaches a policy in a way this gateway cannot enforce',
    remedy: 'Run the same catalogue of policies at gateway and control plane, and publish again.',
  },
  'unknown-group': {
    status: 502,
    title: 'The organization has no gateway group of this name',
    remedy: 'Declare it with `kind: GatewayGroup`, or mend the setting `gatewayGroup` of the gateway.',
  },
  'lower-number': {
    status: 502,
    title: 'The revision is older than the one that is live',
    remedy:
      'An old revision is never put back; publish its content anew. After restoring a control plane from a backup, delete the folder of kept revisions and start the gateway again.',
  },
})
