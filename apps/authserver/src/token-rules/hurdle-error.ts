import { hurdleCodes } from '@portcullis/oauth/token-rules/judgement'
import type { Hurdle } from '@portcullis/oauth/token-rules/ruling'
import { errors } from 'oidc-provider'
import type { TokenRequest } from './token-request.ts'

/** What the app is told of what stands in the way, and what its answer says besides. Never who or what else is known. */
export function hurdleError(request: TokenRequest, hurdle: Exclude<Hurdle, { kind: 'approval' }>): Error {
  request.code = hurdleCodes[hurdle.kind]
  if (hurdle.kind === 'refused')
    return told(request, 'access_denied', `the token rules refuse it: ${hurdle.why}`)
  // As RFC 9470 §3 says it to callers of an API: what to ask for at the authorization endpoint.
  request.more = {
    ...(hurdle.acr !== undefined && { acr_values: hurdle.acr }),
    ...(hurdle.maxAgeSeconds !== undefined && { max_age: hurdle.maxAgeSeconds }),
  }
  const description = 'the user must sign in anew, as acr_values and max_age say'
  return told(request, 'insufficient_user_authentication', description)
}

/** The user is asked there and then; that they were is recorded. */
export function stepUpAsked(request: TokenRequest): true {
  request.code = hurdleCodes['step-up']
  request.told = {
    error: 'login_required',
    error_description: 'the user is asked to sign in as the rules say',
  }
  return true
}

function told(request: TokenRequest, error: string, error_description: string): Error {
  request.told = { error, error_description }
  return new errors.CustomOIDCProviderError(error, error_description)
}
