import { allowedScopes, type Directory, subscribedScopes } from './directory.ts'

/** What a client asks an access token for. */
export interface TokenRequest {
  readonly app: string
  /** Resource indicators as they were sent (RFC 8707 §2). */
  readonly resources: readonly string[]
  /** Scopes of an API; those of OpenID Connect are none. */
  readonly scopes: readonly string[]
}

/** A refusal in the words of RFC 6749 §5.2 and RFC 8707 §2. The description is for the client's developer. */
export interface Refusal {
  readonly error: 'invalid_scope' | 'invalid_target'
  readonly description: string
}

export type Choice = { readonly audience: string } | { readonly refusal: Refusal }

/**
 * The one audience of an access token. A scope that the app's subscriptions do not allow there is refused and named,
 * never silently dropped; without a resource the one audience that fits is used.
 */
export function chooseAudience(directory: Directory, request: TokenRequest): Choice {
  const [resource, ...others] = request.resources
  if (others.length > 0) {
    return refuse('invalid_target', 'name one resource: an access token is for exactly one API')
  }
  return resource === undefined ? onlyFit(directory, request) : named(directory, request, resource)
}

/** The scopes that are still allowed of those once granted; absent when the app no longer subscribes. */
export function stillAllowed(
  directory: Directory,
  app: string,
  audience: string,
  scopes: Iterable<string>,
): string[] | undefined {
  const allowed = allowedScopes(directory, app, audience)
  return allowed === undefined ? undefined : [...scopes].filter((scope) => allowed.has(scope))
}

export function unknownResource(): Refusal {
  // An API that is not there and one without subscription get the same words: what exists is nobody's business.
  return {
    error: 'invalid_target',
    description: 'the resource is unknown, or this app has no subscription to a product that contains it',
  }
}

function named(directory: Directory, request: TokenRequest, resource: string): Choice {
  const allowed = allowedScopes(directory, request.app, resource)
  if (allowed === undefined) return { refusal: unknownResource() }
  const beyond = request.scopes.filter((scope) => !allowed.has(scope))
  if (beyond.length > 0) return beyondSubscription(beyond)
  return { audience: resource }
}

function onlyFit(directory: Directory, request: TokenRequest): Choice {
  const subscribed = [...directory.audiences.values()].flatMap((audience) => {
    const allowed = subscribedScopes(audience, request.app)
    return allowed === undefined ? [] : [{ audience: audience.audience, allowed }]
  })
  const beyond = request.scopes.filter((scope) => subscribed.every(({ allowed }) => !allowed.has(scope)))
  if (beyond.length > 0) return beyondSubscription(beyond)
  const fitting = subscribed.filter(({ allowed }) => request.scopes.every((scope) => allowed.has(scope)))
  const [only] = fitting
  if (only !== undefined && fitting.length === 1) return { audience: only.audience }
  if (subscribed.length === 0) return refuse('invalid_target', 'this app has no subscription to any API')
  return refuse(
    'invalid_target',
    fitting.length === 0
      ? 'no single API has all of these scopes: ask for each API on its own and name it in the resource parameter'
      : 'more than one API fits: name the one you mean in the resource parameter (RFC 8707)',
  )
}

const MOST_NAMED = 5

function beyondSubscription(scopes: readonly string[]): Choice {
  const names = scopes.slice(0, MOST_NAMED).map((scope) => `'${scope.slice(0, 64)}'`)
  const rest = scopes.length > MOST_NAMED ? ` and ${scopes.length - MOST_NAMED} more` : ''
  return refuse(
    'invalid_scope',
    `the subscriptions of this app do not allow ${names.join(', ')}${rest} for this resource`,
  )
}

function refuse(error: Refusal['error'], description: string): Choice {
  return { refusal: { error, description } }
}
