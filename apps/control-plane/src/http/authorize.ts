import { Fault } from '@portcullis/kernel/fault'
import { bindingFaults } from '@portcullis/policies/binding/fault'
import { jwtFaults } from '@portcullis/policies/jwt/contract'
import type { Expectations } from '@portcullis/policies/jwt/rules'
import { verifyToken } from '@portcullis/policies/jwt/verify'
import { bearerChallenge } from '@portcullis/policies/token/bearer-challenge'
import type { TokenIdentity } from '@portcullis/policies/token/identity'
import { readPresentedToken } from '@portcullis/policies/token/presented'
import { HeaderList } from '@portcullis/policy-kit/message/header-list'
import type { Clock } from '@portcullis/ports/clock/port'
import type { Keys } from '@portcullis/ports/keys/port'
import type { MiddlewareHandler } from 'hono'
import { managementFaults } from './fault.ts'
import { Refusal } from './problem.ts'

/** What the handlers are told of the caller. */
export interface CallerEnv {
  Variables: {
    /** The app, and the person where the token speaks of one. */
    actor: string
  }
}

export interface AuthorizeOptions {
  readonly keys: Keys
  readonly clock: Clock
  /** The management API. */
  readonly audience: string
  readonly expected: Expectations
}

/** Lets a call pass that carries an access token for the management API with all of the scopes. */
export function authorize(
  options: AuthorizeOptions,
  scopes: readonly string[],
): MiddlewareHandler<CallerEnv> {
  const realm = options.audience
  const scope = scopes.join(' ')
  return async (c, next) => {
    // Joined when a caller sends several: then it is no well-formed credential, and refused.
    const claims = await verified(c.req.header('authorization'), options, realm, scope)
    if (!scopes.every((each) => claims.scopes.has(each))) {
      const error = 'insufficient_scope'
      throw refusal(managementFaults['insufficient-scope']({ detail: `It needs "${scope}".` }), {
        realm,
        error,
        scope,
      })
    }
    c.set(
      'actor',
      claims.subject === claims.client ? claims.client : `${claims.client} for ${claims.subject}`,
    )
    await next()
  }
}

async function verified(
  authorization: string | undefined,
  { keys, clock, expected }: AuthorizeOptions,
  realm: string,
  scope: string,
): Promise<TokenIdentity> {
  try {
    const headers = HeaderList.of(authorization === undefined ? {} : { authorization })
    const presented = readPresentedToken(headers, (detail) => jwtFaults['bad-request']({ detail }))
    // Without credentials there is no error code (RFC 6750 §3.1).
    if (presented === undefined) throw refusal(managementFaults['no-credentials'](), { realm, scope })
    const identity = await verifyToken(presented.token, { expected: [expected], keys }, clock.now(), '')
    // The management API asks for no proof, so it takes no token that needs one.
    if (presented.dpop || identity.confirmation !== undefined) throw bindingFaults.unchecked()
    return identity
  } catch (thrown) {
    if (!(thrown instanceof Fault)) throw thrown
    if (thrown.code === jwtFaults['bad-request'].code)
      throw refusal(thrown, { realm, error: 'invalid_request' })
    if (thrown.status !== 401) throw thrown
    throw refusal(thrown, { realm, error: 'invalid_token', errorDescription: thrown.title, scope })
  }
}

function refusal(fault: Fault, challenge: Parameters<typeof bearerChallenge>[0]): Refusal {
  return new Refusal(fault, { 'www-authenticate': bearerChallenge(challenge) })
}
