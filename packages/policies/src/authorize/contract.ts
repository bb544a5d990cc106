import { defineFaults } from '@portcullis/kernel/fault'
import { z } from '@portcullis/kernel/schema'
import type { Revision, RevisionPolicySet } from '@portcullis/model/revision'
import type { OperationPlace, PolicyContract } from '@portcullis/policy-kit/policy'
import { asksBody } from './asks-body.ts'
import { impasseOf } from './impasse.ts'

const MAX_BODY_BYTES = 1_048_576

const config = z.strictObject({
  maxBodyBytes: z
    .int()
    .min(1)
    .max(MAX_BODY_BYTES)
    .default(65_536)
    .describe(
      'Of calls for which some policy asks the body: how large it may be. Larger ones are refused with 413.',
    ),
})
export type AuthorizeConfig = z.infer<typeof config>

/** What is asked for an operation. */
export interface AuthorizeFacts {
  /** The sets that hold for it; the same list wherever the same sets hold. */
  readonly sets: readonly RevisionPolicySet[]
  /** Whether one of their policies that are for the operation asks the body. */
  readonly readsBody: boolean
}

export const authorizeFaults = defineFaults('authorize', {
  denied: {
    status: 403,
    title: 'The rules of the organization do not allow this call',
    remedy:
      'Ask whoever runs the API what is allowed. Operators: `portcullis explain` names the policies that decided.',
  },
  failed: {
    status: 403,
    title: 'A rule of the organization could not be applied to this call',
    remedy: 'Ask whoever runs the API. Operators: `portcullis explain` names the policy and what it missed.',
  },
})

export const authorizeContract: PolicyContract<AuthorizeConfig, AuthorizeFacts> = {
  id: 'authorize',
  summary: 'Decides by Cedar policies that hold for many APIs at once.',
  phase: 'decide',
  stacking: 'nearest',
  config,
  faults: authorizeFaults,
  body: { need: 'whole', maxBytes: MAX_BODY_BYTES },
  mayFailOpen: false,
  derive: factsOf,
  impasse: ({ facts, place }) => impasseOf(facts.sets, place),
}

function factsOf(place: OperationPlace): AuthorizeFacts | undefined {
  const sets = policySetsFor(place.revision, place.api.api)
  return sets && { sets, readsBody: asksBody(sets, place) }
}

type PolicySets = readonly RevisionPolicySet[]

const listed = new WeakMap<PolicySets, Map<string, PolicySets>>()

/** The sets whose policies are asked together for an API; undefined where none holds. */
export function policySetsFor(
  { policySets }: Pick<Revision, 'policySets'>,
  api: string,
): PolicySets | undefined {
  const all = policySets.filter(({ apis }) => apis?.includes(api) ?? true)
  if (all.length === 0) return undefined
  const lists = listed.get(policySets) ?? new Map<string, PolicySets>()
  listed.set(policySets, lists)
  const key = all.map(({ policySet }) => policySet).join(' ')
  const known = lists.get(key)
  if (known !== undefined) return known
  lists.set(key, all)
  return all
}
