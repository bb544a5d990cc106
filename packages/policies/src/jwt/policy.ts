import type { Fault } from '@portcullis/kernel/fault'
import type { Exchange } from '@portcullis/policy-kit/exchange'
import type { Policy } from '@portcullis/policy-kit/policy'
import type { Principal } from '@portcullis/policy-kit/principal'
import { proceed, type Refuse, refuse, type Verdict } from '@portcullis/policy-kit/verdict'
import type { Vault } from '@portcullis/ports/vault/port'
import { openBinding } from '../binding/binding.ts'
import { isTokenFault, tokenChallenge } from '../binding/challenge.ts'
import { rememberWith } from '../memory/remember-with.ts'
import { openForgeries, RETRY_LATER } from '../token/forgeries.ts'
import type { TokenIdentity } from '../token/identity.ts'
import { findPresentedToken, isJwtShaped, type PresentedToken } from '../token/presented.ts'
import { type JwtConfig, type JwtFacts, jwtContract, jwtFaults } from './contract.ts'
import { expectationsFor } from './expectations.ts'
import { decryptionKey } from './jwe.ts'
import { verifiedTokens } from './verified-tokens.ts'
import { type Decryption, type Verification, verifyToken } from './verify.ts'

/** Establishes the principal from a bearer token. A call without one goes on: whether that will do is for `scope` to say. */
export const jwt: Policy<JwtConfig, JwtFacts, 'keys' | 'revocations' | 'counters' | 'vault'> = {
  contract: jwtContract,
  needs: ['keys', 'revocations', 'counters', 'vault'],
  bind(config, ports, { facts }) {
    const { keys, revocations } = ports
    const expected = expectationsFor(config, facts)
    const saw = { issuers: expected.map((each) => each.issuer).join(' '), audience: facts.audience }
    const kept = config.forwardToken ? {} : { removeHeaders: ['authorization', 'dpop'] }
    const binding = openBinding(config.binding, ports, facts.audience)
    const site = { audience: facts.audience, proofAlgorithms: config.binding.proofAlgorithms }

    const decryption = decryptionOf(config, ports.vault)
    const verification: Verification = {
      ...(decryption && { decryption }),
      expected,
      keys,
      remembered: verifiedTokens(keys, expected),
      forgeries: openForgeries(ports.counters, config.forgeriesPerMinute, jwtFaults['too-many-forgeries']),
    }
    // Of a remembered token the principal is the same object too, so that other steps can remember what follows from it.
    const verdicts = rememberWith<Verdict>()

    /** What is asked with every call, remembered or not: a token may be revoked at any moment of its life. */
    function accept(
      x: Exchange,
      presented: PresentedToken,
      identity: TokenIdentity,
    ): Verdict | Promise<Verdict> {
      if (identity.token !== undefined && revocations.covers(identity.token)) throw jwtFaults.revoked()
      const checked = binding.check(x, presented, identity)
      return checked instanceof Promise ? checked.then(() => identify(identity)) : identify(identity)
    }

    function identify(identity: TokenIdentity): Verdict {
      const known = verdicts.of(identity)
      if (known !== undefined) return known
      const principal: Principal = { schemes: facts.schemes, ...identity }
      const verdict = proceed(saw, { identity: principal, ...kept })
      verdicts.keep(identity, verdict)
      return verdict
    }

    /** Faults of the token are answers; anything else, such as an issuer out of reach, is a failure of this step. */
    function reject(thrown: unknown, presented?: PresentedToken): Refuse {
      if (!isTokenFault(thrown, jwtContract.id)) throw thrown
      if (jwtFaults['too-many-forgeries'].is(thrown)) return refuse(thrown, { headers: RETRY_LATER, saw })
      return refuse(thrown, { challenges: [tokenChallenge(thrown, presented, site)], saw })
    }

    return {
      onRequest(x) {
        let presented: PresentedToken | undefined
        try {
          presented = findPresentedToken(x.request.headers, badRequest)
          if (presented === undefined) return proceed()
          if (isOthers(presented.token, facts.left)) return proceed()
          const known = presented
          const verified = verifyToken(known.token, verification, x.receivedAt, x.request.remoteAddress)
          const verdict =
            verified instanceof Promise
              ? verified.then((identity) => accept(x, known, identity))
              : accept(x, known, verified)
          return verdict instanceof Promise
            ? verdict.catch((thrown: unknown) => reject(thrown, known))
            : verdict
        } catch (thrown) {
          return reject(thrown, presented)
        }
      },
      ...(binding.onReply && { onReply: binding.onReply }),
    }
  },
}

function decryptionOf({ decryption: { keys, required } }: JwtConfig, vault: Vault): Decryption | undefined {
  if (keys.length === 0) return undefined
  return { keys: keys.map((each) => decryptionKey(each, vault.secret(each.secret))), required }
}

/** Whether a token is for `introspection` to judge. */
function isOthers(token: string, left: JwtFacts['left']): boolean {
  return left !== 'none' && (left === 'all' || !isJwtShaped(token))
}

function badRequest(detail: string): Fault {
  return jwtFaults['bad-request']({ detail })
}
