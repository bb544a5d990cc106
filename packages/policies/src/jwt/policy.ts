import { Duration } from '@portcullis/kernel/duration'
import { Fault } from '@portcullis/kernel/fault'
import type { Policy } from '@portcullis/policy-kit/policy'
import type { Principal } from '@portcullis/policy-kit/principal'
import { proceed, type Refuse, refuse, type Verdict } from '@portcullis/policy-kit/verdict'
import { bearerChallenge } from '../bearer-challenge.ts'
import type { TokenIdentity } from '../token-identity.ts'
import { readBearerToken } from './bearer-token.ts'
import { type JwtConfig, type JwtFacts, jwtContract, jwtFaults } from './contract.ts'
import type { Expectations } from './rules.ts'
import { verifiedTokens } from './verified-tokens.ts'
import { verifyToken } from './verify.ts'

/** Establishes the principal from a bearer token. A call without one goes on: whether that will do is for `scope` to say. */
export const jwt: Policy<JwtConfig, JwtFacts, 'keys' | 'revocations'> = {
  contract: jwtContract,
  needs: ['keys', 'revocations'],
  bind(config, { keys, revocations }, { facts }) {
    const expected: Expectations = {
      issuer: facts.issuer,
      jwksUri: facts.jwksUri,
      audience: facts.audience,
      clockSkewMillis: Duration.parse(config.clockSkew).milliseconds,
      requiredClaims: config.requiredClaims,
    }
    const saw = { issuer: facts.issuer, audience: facts.audience }
    const kept = config.forwardToken ? {} : { removeHeaders: ['authorization'] }

    const remembered = verifiedTokens(keys, expected)
    // Of a remembered token the principal is the same object too, so that other steps can remember what follows from it.
    const verdicts = new WeakMap<TokenIdentity, Verdict>()

    function accept(verified: TokenIdentity): Verdict {
      // A token may be revoked at any moment of its life: this is asked with every call.
      if (verified.token !== undefined && revocations.covers(verified.token)) throw jwtFaults.revoked()
      // Nobody looks yet whether the caller holds the key to which the token is bound.
      if (verified.confirmation !== undefined) throw jwtFaults.bound()
      const known = verdicts.get(verified)
      if (known !== undefined) return known
      const principal: Principal = { schemes: facts.schemes, ...verified }
      const verdict = proceed(saw, { identity: principal, ...kept })
      verdicts.set(verified, verdict)
      return verdict
    }

    /** Faults of the token are answers; anything else, such as an issuer out of reach, is a failure of this step. */
    function reject(thrown: unknown): Refuse {
      if (!isTokenFault(thrown)) throw thrown
      return refuse(thrown, { challenges: [challengeFor(thrown, facts.audience)], saw })
    }

    return {
      onRequest(x) {
        try {
          const token = readBearerToken(x.request.headers)
          if (token === undefined) return proceed()
          const verified = verifyToken(token, expected, keys, x.receivedAt, remembered)
          return verified instanceof Promise ? verified.then(accept).catch(reject) : accept(verified)
        } catch (thrown) {
          return reject(thrown)
        }
      },
    }
  },
}

function isTokenFault(thrown: unknown): thrown is Fault {
  return thrown instanceof Fault && thrown.code.startsWith(`${jwtContract.id}.`)
}

/** RFC 6750 §3: why the token did not do, for the app. The realm is the API. */
function challengeFor(fault: Fault, audience: string): string {
  return bearerChallenge({
    realm: audience,
    error: fault.status === 400 ? 'invalid_request' : 'invalid_token',
    errorDescription: fault.detail ?? fault.title,
  })
}
