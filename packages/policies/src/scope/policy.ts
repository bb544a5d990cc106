import { metadataUrlOf } from '@portcullis/model/protected-resource'
import type { Policy } from '@portcullis/policy-kit/policy'
import type { Principal } from '@portcullis/policy-kit/principal'
import { proceed, refuse, type Saw, type Verdict } from '@portcullis/policy-kit/verdict'
import { oncePerPrincipal } from '../memory/once-per-principal.ts'
import { rememberWith } from '../memory/remember-with.ts'
import { coversAll, waysOf } from '../scheme/requirement.ts'
import { bearerChallenge } from '../token/bearer-challenge.ts'
import { identityChooser } from './choose-identity.ts'
import { type ScopeConfig, type ScopeFacts, scopeContract, scopeFaults } from './contract.ts'
import { isNothing, leastLack, readDemand, type Term } from './demand.ts'
import { challengesFor, describeWays, heldBy, shortfallOf } from './rules.ts'

const MAX_SEEN_CHARACTERS = 512

/** Holds a call to the security requirement of its operation. */
export const scope: Policy<ScopeConfig, ScopeFacts> = {
  contract: scopeContract,
  needs: [],
  bind(config, _ports, { facts }) {
    const ways = waysOf(facts.security)
    const terms = termsOf(config)
    const required = [describeWays(ways), ...(config.require === undefined ? [] : [config.require])]
      .join(' and ')
      .slice(0, MAX_SEEN_CHARACTERS)
    const asked = ways.map((way) => ({ ...way, scopes: withNeeded(way.scopes, NOTHING) }))
    const challenges = challengesFor(asked, facts.schemes, facts.audience)

    const choose = identityChooser(facts.security)

    /** All that has to be asked for, so that contract and expression are satisfied by a caller who holds this much. */
    function withNeeded(scopes: readonly string[], held: ReadonlySet<string>): string[] {
      return [...new Set([...scopes, ...leastLack(terms, held).needed])]
    }

    /** What the expression has to say to a caller who satisfies the contract. */
    function objection(chosen: Principal | undefined, saw: Saw): Verdict | undefined {
      const held = chosen?.scopes ?? NOTHING
      const lack = leastLack(terms, held)
      if (isNothing(lack)) return undefined
      if (chosen === undefined) return refuse(scopeFaults['no-credentials'](), { challenges, saw })
      const satisfied = ways.find(({ scopes }) => coversAll(scopes, held))?.scopes ?? []
      const challenge = insufficientChallenge(facts.audience, [...new Set([...satisfied, ...lack.needed])])
      const kind = lack.forbidden.length > 0 ? 'forbidden' : 'insufficient'
      return refuse(scopeFaults[kind](), { challenges: [challenge], saw })
    }

    function decide(identities: readonly Principal[], principal: Principal | undefined): Verdict {
      const saw = sawOf(required, identities)
      const choice = choose(identities)
      if (choice.kind === 'satisfied') {
        const chosen = choice.principal
        const objected = objection(chosen, saw)
        if (objected !== undefined) return objected
        return chosen === undefined || chosen === principal
          ? proceed(saw)
          : proceed(saw, { principal: chosen })
      }
      if (choice.kind === 'different-callers') {
        return refuse(scopeFaults['different-callers'](), { challenges, saw })
      }
      const shortfall = shortfallOf(ways, identities)
      switch (shortfall.kind) {
        case 'unknown-caller':
          return refuse(scopeFaults['no-credentials'](), { challenges, saw })
        case 'other-credentials':
          return refuse(scopeFaults['other-credentials'](), { challenges, saw })
        case 'insufficient':
          return refuse(scopeFaults.insufficient(), {
            challenges: [
              insufficientChallenge(facts.audience, withNeeded(shortfall.nearest.scopes, heldBy(identities))),
            ],
            saw,
          })
      }
    }

    const decideOnce = oncePerPrincipal((principal) => decide([principal], principal))
    const several = rememberWith<Several>()

    /** The same identities come again and again, and what is made of them must be the same object for later steps. */
    function decideOfSeveral(identities: readonly Principal[], principal: Principal): Verdict {
      const known = several.of(principal)
      if (known !== undefined && isSame(known.identities, identities)) return known.verdict
      const verdict = decide(identities, principal)
      if (verdict.verdict === 'proceed') several.keep(principal, { identities, verdict })
      return verdict
    }

    return {
      onRequest({ principal, identities }) {
        if (principal === undefined) return decide([], undefined)
        return identities.length > 1 ? decideOfSeveral(identities, principal) : decideOnce(principal)
      },
    }
  },
}

const NOTHING: ReadonlySet<string> = new Set()
const ANYTHING: readonly Term[] = [{ all: [], none: [] }]

/** The schema has read it before. */
function termsOf({ require }: ScopeConfig): readonly Term[] {
  if (require === undefined) return ANYTHING
  const reading = readDemand(require)
  if ('problem' in reading) throw new RangeError(reading.problem)
  return reading.terms
}

interface Several {
  readonly identities: readonly Principal[]
  readonly verdict: Verdict
}

function isSame(some: readonly Principal[], others: readonly Principal[]): boolean {
  return some.length === others.length && some.every((each, i) => each === others[i])
}

/** RFC 6750 §3.1: `scope` names what is needed, all of it, so that it can be asked for as it stands. */
function insufficientChallenge(realm: string, scopes: readonly string[]): string {
  return bearerChallenge({
    realm,
    error: 'insufficient_scope',
    errorDescription: 'This operation needs a token with other scopes',
    scope: scopes.join(' '),
    resourceMetadata: metadataUrlOf(realm),
  })
}

function sawOf(required: string, identities: readonly Principal[]): Saw {
  if (identities.length === 0) return { required, caller: 'unknown' }
  return { required, held: [...heldBy(identities)].join(' ').slice(0, MAX_SEEN_CHARACTERS) }
}
