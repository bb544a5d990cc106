import type { Security } from '@portcullis/model/security'
import type { Principal } from '@portcullis/policy-kit/principal'
import { coversAll } from '../scheme/requirement.ts'

/** A scheme that an alternative demands, with the scopes that it must carry. */
type Demand = readonly [scheme: string, scopes: readonly string[]]

/** What becomes of a requirement with the identities that a caller has established. */
export type Choice =
  /** The identity that counts from here on; `undefined` where nobody needs to be known and nobody is. */
  | { readonly kind: 'satisfied'; readonly principal: Principal | undefined }
  /** An alternative would be satisfied if its identities were of one app and one user. */
  | { readonly kind: 'different-callers' }
  | { readonly kind: 'unsatisfied' }

const UNSATISFIED: Choice = { kind: 'unsatisfied' }
const DIFFERENT_CALLERS: Choice = { kind: 'different-callers' }

/**
 * The first alternative that is wholly satisfied decides: each of its schemes by an identity that carries the scopes which
 * the scheme demands there, and all of them of one app and of no more than one user. So nobody can lend a
 * credential to somebody else.
 */
export function identityChooser(security: Security): (identities: readonly Principal[]) => Choice {
  const alternatives = security.map((each): readonly Demand[] => Object.entries(each))
  return (identities) => {
    let different = false
    for (const demands of alternatives) {
      if (demands.length === 0) return { kind: 'satisfied', principal: identities[0] }
      for (const caller of identities) {
        const chosen = satisfying(
          demands,
          identities.filter((each) => isOf(caller, each)),
        )
        if (chosen !== undefined) return { kind: 'satisfied', principal: together(chosen) }
      }
      different ||= satisfying(demands, identities) !== undefined
    }
    return different ? DIFFERENT_CALLERS : UNSATISFIED
  }
}

/** Whether an identity is one of the same caller: of the same app, and of no other user. */
function isOf(caller: Principal, { client, subject }: Principal): boolean {
  return client === caller.client && (subject === client || subject === caller.subject)
}

/** An identity for each demand; `undefined` where one has none. */
function satisfying(demands: readonly Demand[], identities: readonly Principal[]): Principal[] | undefined {
  const chosen: Principal[] = []
  for (const [scheme, scopes] of demands) {
    const found = identities.find((each) => each.schemes.includes(scheme) && coversAll(scopes, each.scopes))
    if (found === undefined) return undefined
    chosen.push(found)
  }
  return chosen
}

/**
 * One principal of several identities of a caller: the one that speaks of a user, else the first, with the schemes and
 * scopes of all. It ends with the first of them that ends.
 */
function together(chosen: readonly Principal[]): Principal {
  const own = [...new Set(chosen)]
  const main = own.find(({ subject, client }) => subject !== client) ?? (own[0] as Principal)
  if (own.length === 1) return main
  return {
    ...main,
    schemes: [...new Set(own.flatMap(({ schemes }) => schemes))],
    scopes: new Set(own.flatMap(({ scopes }) => [...scopes])),
    expiresAt: Math.min(...own.map(({ expiresAt }) => expiresAt)),
  }
}
