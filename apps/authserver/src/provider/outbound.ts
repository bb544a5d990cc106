import { isLoopback } from '@portcullis/model/loopback'

export type Outbound = typeof fetch

/**
 * Requests to what apps name: their keys, where they want to be told. oidc-provider gives each a time limit, a cap on the
 * answer and a dispatcher that hangs up on addresses that are no public ones. No redirect is followed: it could lead anywhere.
 *
 * `toPrivate`: the operator trusts apps with addresses of the own network, without TLS on this machine.
 */
export function outboundRequests(toPrivate: boolean): Outbound {
  return (url, options = {}) => {
    const target = new URL(url instanceof Request ? url.url : url)
    if (target.protocol !== 'https:' && !(toPrivate && isLoopback(target))) {
      return Promise.reject(new Error(`${target.origin} is not asked: it is not https`))
    }
    const { dispatcher, ...plain } = options as RequestInit & { dispatcher?: unknown }
    const guarded = toPrivate || dispatcher === undefined ? plain : { ...plain, dispatcher }
    if (!toPrivate && dispatcher === undefined) {
      return Promise.reject(new Error('nothing guards against private addresses on this runtime'))
    }
    return fetch(target, { ...guarded, redirect: 'manual' } as RequestInit)
  }
}
