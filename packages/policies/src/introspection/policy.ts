import { Duration } from '@portcullis/kernel/duration'
import { Fault } from '@portcullis/kernel/fault'
import { andThen } from '@portcullis/policy-kit/and-then'
import type { Exchange } from '@portcullis/policy-kit/exchange'
import type { Policy } from '@portcullis/policy-kit/policy'
import type { Principal } from '@portcullis/policy-kit/principal'
import { proceed, type Refuse, refuse, type Verdict } from '@portcullis/policy-kit/verdict'
import { openBinding } from '../binding/binding.ts'
import { isTokenFault, tokenChallenge } from '../binding/challenge.ts'
import { rememberWith } from '../memory/remember-with.ts'
import { readyAssertion } from '../token/claim-assertion.ts'
import { placesOf } from '../token/claim-pointers.ts'
import { appsOf, ownAppsOf } from '../token/external-apps.ts'
import { openForgeries, RETRY_LATER } from '../token/forgeries.ts'
import type { TokenIdentity } from '../token/identity.ts'
import { isJwtShaped, type PresentedToken, readPresentedToken } from '../token/presented.ts'
import { endpointAsker } from './ask-endpoint.ts'
import {
  type IntrospectionConfig,
  type IntrospectionFacts,
  introspectionContract,
  introspectionFaults,
} from './contract.ts'
import { type KeptAnswer, keptAnswers } from './kept-answers.ts'
import { type AnswerExpectations, checkTimes, readAnswer } from './rules.ts'

type Needs = 'web' | 'vault' | 'keys' | 'counters' | 'revocations'

/** Establishes the principal from a token by asking its authorization server. A call without one goes on. */
export const introspection: Policy<IntrospectionConfig, IntrospectionFacts, Needs> = {
  contract: introspectionContract,
  needs: ['web', 'vault', 'keys', 'counters', 'revocations'],
  bind(config, ports, { facts }) {
    const { revocations } = ports
    const issuer = config.issuer ?? facts.issuer
    const expected: AnswerExpectations = {
      issuer,
      audiences: config.audiences ?? [facts.audience],
      places: placesOf(
        config.claims,
        issuer === facts.issuer ? ownAppsOf(facts) : appsOf({ issuer, apps: config.apps }, facts),
      ),
      assertions: config.assertions.map(readyAssertion),
    }
    const askEndpoint = endpointAsker(config, issuer, ports)
    const kept = keptAnswers(ports.web, { config, expected })
    const forgeries = openForgeries(
      ports.counters,
      config.refusedTokensPerMinute,
      introspectionFaults['too-many-refused'],
    )
    const binding = openBinding(config.binding, ports, facts.audience)
    const site = { audience: facts.audience, proofAlgorithms: config.binding.proofAlgorithms }
    const [keepMillis, keepRefusalsMillis, skewMillis] = [
      config.keepFor,
      config.keepRefusalsFor,
      config.clockSkew,
    ].map((each) => Duration.parse(each).milliseconds) as [number, number, number]
    const saw = { endpoint: config.endpoint, audience: facts.audience }
    const withheld = config.forwardToken ? {} : { removeHeaders: ['authorization', 'dpop'] }
    const verdicts = rememberWith<Verdict>()

    function find(token: string, x: Exchange): KeptAnswer | Promise<KeptAnswer> {
      const name = kept.nameOf(token)
      const now = x.receivedAt
      const known = kept.good.get(name)
      if (known !== undefined && now < known.until && isUpToDate(known)) return known
      const refused = kept.refused.get(name)
      if (refused !== undefined && now < refused.until) throw refused.fault()
      // One question for all who come with this token at the moment.
      const asking = kept.asking.get(name)
      if (asking !== undefined) return asking
      const { remoteAddress } = x.request
      const answer = Promise.resolve(forgeries.admit(remoteAddress))
        .then(() => ask(token, name, now))
        .catch(async (thrown: unknown) => {
          if (isAboutToken(thrown)) await forgeries.count(remoteAddress)
          throw thrown
        })
        .finally(() => kept.asking.delete(name))
      kept.asking.set(name, answer)
      return answer
    }

    /** A token without an id of its own may be among those that were revoked since. */
    function isUpToDate({ introspected, position }: KeptAnswer): boolean {
      return introspected.identity.token?.id !== undefined || position === revocations.position()
    }

    async function ask(token: string, name: string, now: number): Promise<KeptAnswer> {
      const position = revocations.position()
      try {
        const introspected = readAnswer(await askEndpoint(token, now), expected, now)
        const until = Math.min(now + keepMillis, introspected.identity.expiresAt)
        const answer = { introspected, until, position }
        kept.good.set(name, answer)
        return answer
      } catch (thrown) {
        kept.good.delete(name)
        if (isAboutToken(thrown)) {
          kept.refused.set(name, { fault: () => again(thrown), until: now + keepRefusalsMillis })
        }
        throw thrown
      }
    }

    function accept(x: Exchange, presented: PresentedToken, answer: KeptAnswer): Verdict | Promise<Verdict> {
      const { identity } = answer.introspected
      checkTimes(answer.introspected, skewMillis, x.receivedAt)
      if (identity.token !== undefined && revocations.covers(identity.token))
        throw introspectionFaults.revoked()
      return andThen(binding.check(x, presented, identity), () => identify(identity))
    }

    function identify(identity: TokenIdentity): Verdict {
      const known = verdicts.of(identity)
      if (known !== undefined) return known
      const principal: Principal = { schemes: facts.schemes, ...identity }
      const verdict = proceed(saw, { identity: principal, ...withheld })
      verdicts.keep(identity, verdict)
      return verdict
    }

    /** Faults of the token are answers; that nobody can say whether it is good is a failure of this step. */
    function reject(thrown: unknown, presented?: PresentedToken): Refuse {
      if (!isTokenFault(thrown, introspectionContract.id) || thrown.status >= 500) throw thrown
      if (introspectionFaults['too-many-refused'].is(thrown)) {
        return refuse(thrown, { headers: RETRY_LATER, saw })
      }
      return refuse(thrown, { challenges: [tokenChallenge(thrown, presented, site)], saw })
    }

    return {
      onRequest(x) {
        let presented: PresentedToken | undefined
        try {
          presented = readPresentedToken(x.request.headers, badRequest)
          if (presented === undefined) return proceed()
          if (config.tokens === 'opaque' && isJwtShaped(presented.token)) return proceed()
          const sent = presented
          const verdict = andThen(find(sent.token, x), (answer) => accept(x, sent, answer))
          return verdict instanceof Promise
            ? verdict.catch((thrown: unknown) => reject(thrown, sent))
            : verdict
        } catch (thrown) {
          return reject(thrown, presented)
        }
      },
      ...(binding.onReply && { onReply: binding.onReply }),
    }
  },
}

/** What the authorization server said of the token, and would say again. */
function isAboutToken(thrown: unknown): thrown is Fault {
  return thrown instanceof Fault && thrown.status === 401
}

/** The same fault, of this moment. */
function again({ code, status, title, remedy, message }: Fault): Fault {
  return new Fault(code, { status, title, remedy }, { internal: message })
}

function badRequest(detail: string): Fault {
  return introspectionFaults['bad-request']({ detail })
}
