import type { MetricFamilies } from '@portcullis/kernel/metric'

/** All that a gateway measures, in the order in which it is shown. */
export const gatewayFamilies = {
  portcullis_calls: {
    kind: 'counter',
    help: 'Calls by API version, outcome (allowed, answered, refused, failed) and class of status; api "none" where no operation matched.',
  },
  portcullis_call_duration_seconds: {
    kind: 'histogram',
    help: 'From the complete head of a request to the head of its reply, by API version.',
  },
  portcullis_upstream_duration_seconds: {
    kind: 'histogram',
    help: 'Of these calls, what the backend took until the head of its reply.',
  },
  portcullis_refusals: {
    kind: 'counter',
    help: 'Calls that were refused or failed, by the code of the fault.',
  },
  portcullis_http1_refusals: {
    kind: 'counter',
    help: 'Requests and connections that the HTTP engine refused, by reason; those that come so far have a fault too.',
  },
  portcullis_http2_refusals: {
    kind: 'counter',
    help: 'Calls and connections of HTTP/2 that the engine refused or reset, by reason.',
  },
  portcullis_http2_connections: { kind: 'gauge', help: 'Of the open connections, those that speak HTTP/2.' },
  portcullis_connections: {
    kind: 'gauge',
    help: 'Connections of callers by state: idle, reading (within a head), busy (WebSockets too), closing.',
  },
  portcullis_connections_accepted: { kind: 'counter', help: 'Connections of callers ever taken.' },
  portcullis_caller_addresses: {
    kind: 'gauge',
    help: 'Addresses from which connections come, added up over threads.',
  },
  portcullis_requests_in_flight: { kind: 'gauge', help: 'Requests under way.' },
  portcullis_standing_calls: {
    kind: 'gauge',
    help: 'WebSockets, streams of events and other replies that go on until their token ends, by kind and API version.',
  },
  portcullis_upstream_connections: {
    kind: 'gauge',
    help: 'Connections to backends by state: connecting, idle, busy.',
  },
  portcullis_upstream_waiting: { kind: 'gauge', help: 'Calls that wait for a connection to their backend.' },
  portcullis_upstream_target_fit: {
    kind: 'gauge',
    help: '1 where a target may get calls in every thread: checks pass, not ejected, circuit not open.',
    merge: 'min',
  },
  portcullis_upstream_target_in_flight: { kind: 'gauge', help: 'Calls to a target under way.' },
  portcullis_upstream_target_calls: {
    kind: 'counter',
    help: 'Attempts at a target, by result: good, failed.',
  },
  portcullis_upstream_target_ejections: { kind: 'counter', help: 'Times that a target was ejected.' },
  portcullis_upstream_retries: {
    kind: 'counter',
    help: 'Retries of calls to an upstream of several targets.',
  },
  portcullis_upstream_refused: { kind: 'counter', help: 'Calls refused because every circuit was open.' },
  portcullis_upstream_panics: {
    kind: 'counter',
    help: 'Calls for which all targets were used because none was fit.',
  },
  portcullis_verified_tokens: {
    kind: 'counter',
    help: 'Access tokens that came, by whether the outcome of their verification was remembered: recalled, unknown.',
  },
  portcullis_threads: { kind: 'gauge', help: 'Threads that take calls.' },
  portcullis_thread_replacements: { kind: 'counter', help: 'Threads that ended and were to be replaced.' },
  portcullis_thread_utilization_ratio: {
    kind: 'gauge',
    help: 'Share of time in which a thread was busy, since it was last measured.',
  },
  portcullis_thread_event_loop_delay_seconds: {
    kind: 'gauge',
    help: 'The longest of 99 % of waits for the event loop of a thread, since it was last measured.',
  },
  portcullis_thread_heap_bytes: { kind: 'gauge', help: 'Heap of a thread in use.' },
  portcullis_revision: { kind: 'gauge', help: 'Number of the revision in force in an environment.' },
  portcullis_revision_published_seconds: {
    kind: 'gauge',
    help: 'When that revision was published, in seconds since 1970.',
  },
  portcullis_decisions_waiting: { kind: 'gauge', help: 'Decision records that are not yet taken.' },
  portcullis_decisions_dropped: {
    kind: 'counter',
    help: 'Decision records that were lost, by where: thread, main.',
  },
  portcullis_certificate_expires_seconds: {
    kind: 'gauge',
    help: 'When a certificate of the gateway, an authority of clients or a list of what those revoked expires, in seconds since 1970.',
  },
} as const satisfies MetricFamilies
export type GatewayFamily = keyof typeof gatewayFamilies
