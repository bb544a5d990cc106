import { hurdleCodes } from '@portcullis/oauth/token-rules/judgement'
import type { Hurdle } from '@portcullis/oauth/token-rules/ruling'
import { errors } from 'oidc-provider'
import type { TokenRequest } from './token-request.ts'

/** What the app is told of what stands in the way, and what its answer says besides. Never who or what else is known. */
export function hurdleError(request: TokenRequest, hurdle: Exclude<Hurdle, { kind: 'approval' }>): Error {
  request.code = hurdleCodes[hurdle.kind]
  if (hurdle.kind === 'refused') {
    return new errors.CustomOIDCProviderError('access_denied', `the token rules refuse it: ${hurdle.why}`)
  }
  // As RFC 9470 §3 says it to callers of an API: what to ask for at the authorization endpoint.
  request.more = {
    ...(hurdle.acr !== undefined && { acr_values: hurdle.acr }),
    ...(hurdle.maxAgeSeconds !== undefined && { max_age: hurdle.maxAgeSeconds }),
  }
  return new errors.CustomOIDCProviderError(
    'insufficient_user_authentication',
    'the user must sign in anew, as acr_values and max_age say',
  )
}
