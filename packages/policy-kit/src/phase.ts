/**
 * The order of a call. A policy names its phase; within a phase the wider attachment runs first (environment, API,
 * plan, operation), and on one level the order in which they are written.
 *
 * Replies pass the steps in the opposite order.
 */
export const phases = [
  'connection', //   facts of the connection alone: may this address talk to us at all?
  'cors', //         a browser's question is answered before anybody asks who the caller is
  'authenticate', // who is it? establishes the principal; absent credentials are left to `authorize`
  'authorize', //    may they do this? the contract's security requirement decides
  'subscribe', //    does the app subscribe, and on which plan?
  'limit', //        how much may they do?
  'transform', //    what the backend and the caller get to see
] as const

export type Phase = (typeof phases)[number]

/** Phases that also run where no operation matched and for preflight requests: nothing is known there but the connection. */
export const outerPhases: readonly Phase[] = ['connection', 'cors']

/** Steps of a plan run only once the subscription is known. */
export function isAfterSubscribe(phase: Phase): boolean {
  return phases.indexOf(phase) > phases.indexOf('subscribe')
}
