import type { ResourceMetadata } from '@portcullis/model/protected-resource'
import type { BindingConfig } from './config.ts'

/** What there is to know of an API that takes the tokens of these issuers (RFC 9728 §2). */
export function tokenMetadata(issuers: readonly string[], binding: BindingConfig): ResourceMetadata {
  return {
    authorization_servers: issuers,
    bearer_methods_supported: ['header'],
    dpop_signing_alg_values_supported: binding.proofAlgorithms,
    ...(binding.require === 'dpop' && { dpop_bound_access_tokens_required: true }),
    ...(binding.require === 'certificate' && { tls_client_certificate_bound_access_tokens: true }),
  }
}
