import { defineFaults } from '@portcullis/kernel/fault'
import { z } from '@portcullis/kernel/schema'
import type { Revision, RevisionPolicySet } from '@portcullis/model/revision'
import type { PolicyContract } from '@portcullis/policy-kit/policy'
import { impasseOf } from './impasse.ts'

const config = z.strictObject({})
export type AuthorizeConfig = z.infer<typeof config>

/** The policy sets that hold for an operation; the same list wherever the same sets hold. */
export type AuthorizeFacts = readonly RevisionPolicySet[]

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
  body: { need: 'none' },
  mayFailOpen: false,
  derive: ({ revision, api }) => policySetsFor(revision, api.api),
  impasse: ({ facts, place }) => impasseOf(facts, place),
}

const listed = new WeakMap<readonly RevisionPolicySet[], Map<string, AuthorizeFacts>>()

/** The sets whose policies are asked together for an API; undefined where none holds. */
export function policySetsFor(
  { policySets }: Pick<Revision, 'policySets'>,
  api: string,
): AuthorizeFacts | undefined {
  const all = policySets.filter(({ apis }) => apis?.includes(api) ?? true)
  if (all.length === 0) return undefined
  const lists = listed.get(policySets) ?? new Map<string, AuthorizeFacts>()
  listed.set(policySets, lists)
  const key = all.map(({ policySet }) => policySet).join(' ')
  const known = lists.get(key)
  if (known !== undefined) return known
  lists.set(key, all)
  return all
}
