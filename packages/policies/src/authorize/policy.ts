import type { CedarRequest } from '@portcullis/cedar/request'
import { callRequest } from '@portcullis/policy-kit/condition/call-context'
import type { Exchange } from '@portcullis/policy-kit/exchange'
import type { Policy } from '@portcullis/policy-kit/policy'
import { proceed, refuse } from '@portcullis/policy-kit/verdict'
import { type AuthorizeConfig, type AuthorizeFacts, authorizeContract, authorizeFaults } from './contract.ts'
import { compileSets, judge } from './rules.ts'

/** Asks all policy sets of an operation as one. */
export const authorize: Policy<AuthorizeConfig, AuthorizeFacts> = {
  contract: authorizeContract,
  needs: [],
  bind({ maxBodyBytes }, _, { facts }) {
    const policies = compileSets(facts.sets)
    return {
      body: facts.readsBody ? { need: 'whole', maxBytes: maxBodyBytes } : { need: 'none' },
      onRequest(x) {
        const { refusal, saw } = judge(policies.isAuthorized(requestOf(x)))
        return refusal === undefined ? proceed(saw) : refuse(authorizeFaults[refusal](), { saw })
      },
    }
  },
}

/** With everything worked out once that every policy asks for. */
function requestOf(x: Exchange): CedarRequest {
  const { principal, action, resource, context, entities } = callRequest(x)
  return { principal, action, resource, context, entities }
}
