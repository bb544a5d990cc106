/**
 * The order of a call: the phases, and in each the policies whose order matters. Cheap before dear, what needs nothing
 * before what needs the caller, a refusal before what can't be taken back. Replies pass the steps the other way round.
 *
 * Within a phase the policies run as they are named here, then those that are not named: operators' own, and those to
 * which it makes no difference. The attachments of one policy run from the widest level to the nearest, and on one level
 * as they are written.
 */
const order = [
  // Facts of the connection and the head alone: may this address talk to us, now, that much? Nobody shut out learns
  // about maintenance.
  [
    'connection',
    ['ip-filter', 'country', 'bot-agent', 'time-window', 'maintenance', 'size-limit', 'websocket'],
  ],

  // A browser's question is answered before anybody asks who the caller is.
  ['cors', ['cors']],

  // Did they mean it? Asked before a token is taken out of a cookie, which a browser sends by itself: there is no other way in
  // for such a token.
  ['csrf', ['csrf']],

  // Who is it? Each policy may establish one identity; absent credentials are left to `authorize`. What is verified in
  // memory comes before what asks somebody else, and last what has to read the body.
  [
    'authenticate',
    ['mtls', 'jwt', 'api-key', 'saml-assertion', 'introspection', 'basic', 'ldap', 'ws-security'],
  ],

  // May they do this? First the contract's security requirement, which chooses the identity that counts from here on,
  // then what else is asked of that identity.
  ['authorize', ['scope', 'audience', 'client-id', 'role', 'risk', 'acr']],

  // Does the app subscribe, and on which plan?
  ['subscribe', ['subscription']],

  // What do the rules say, now that everything is known? In the process first, then over the network.
  ['decide', ['authorize', 'decision-point']],

  // How much may they do? Peaks are cut first and calls put in line next; a place among the concurrent ones is taken only
  // after the waiting, and the quota, which people pay for, counts only what passed all the others.
  ['limit', ['spike-arrest', 'rate-limit', 'throttle', 'concurrency', 'quota']],

  // What do they carry? The body and the parameters, read only for callers who may and within their limits.
  ['inspect', []],

  // What the backend and the caller get to see.
  ['transform', ['headers']],

  // Can we answer without the backend? After `transform`, so that a kept reply is the backend's own, and is changed and
  // masked for whoever gets it.
  ['answer', ['redirect', 'authzen', 'mock', 'cache']],

  // What only the call of the backend needs. Our own credentials come last: nothing overwrites them.
  ['backend', ['timeouts', 'standing', 'identity-headers', 'identity-token', 'backend-auth']],
] as const

export const phases = order.map(([phase]) => phase)

export type Phase = (typeof order)[number][0]

const ranks: ReadonlyMap<Phase, readonly string[]> = new Map<Phase, readonly string[]>(order)

/** Phases that also run where no operation matched and for preflight requests: nothing is known there but the connection. */
export const outerPhases: readonly Phase[] = ['connection', 'cors']

/** Phases whose policies give something; those of all others hold something back. */
const grantingPhases: readonly Phase[] = ['cors', 'answer', 'backend']

export function isGranting(phase: Phase): boolean {
  return grantingPhases.includes(phase)
}

export function isAfter(phase: Phase, other: Phase): boolean {
  return phases.indexOf(phase) > phases.indexOf(other)
}

/** Steps of a product or plan run only once the subscription is known. */
export function isAfterSubscribe(phase: Phase): boolean {
  return isAfter(phase, 'subscribe')
}

/** Orders policies by their phase, and within it by the list above. Zero where the list does not tell two apart. */
export function comparePolicies(
  a: { readonly phase: Phase; readonly id: string },
  b: { readonly phase: Phase; readonly id: string },
): number {
  return phases.indexOf(a.phase) - phases.indexOf(b.phase) || rankOf(a) - rankOf(b)
}

function rankOf({ phase, id }: { readonly phase: Phase; readonly id: string }): number {
  const named = ranks.get(phase) ?? []
  const rank = named.indexOf(id)
  return rank === -1 ? named.length : rank
}

/** The policies that stand in the order of a phase. */
export function namedIn(phase: Phase): readonly string[] {
  return ranks.get(phase) ?? []
}
