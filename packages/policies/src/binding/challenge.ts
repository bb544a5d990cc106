import { Fault } from '@portcullis/kernel/fault'
import { metadataUrlOf } from '@portcullis/model/protected-resource'
import { bearerChallenge } from '../token/bearer-challenge.ts'
import type { PresentedToken } from '../token/presented.ts'
import { challengeErrorOf } from './binding.ts'
import { bindingFaults } from './fault.ts'

export interface ChallengeSite {
  /** The realm is the API. */
  readonly audience: string
  readonly proofAlgorithms: readonly string[]
}

/**
 * Why a token did not do, for the app (RFC 6750 §3, RFC 9449 §7.1), in the scheme in which it was sent; in DPoP where
 * that was what it lacked.
 */
export function tokenChallenge(
  fault: Fault,
  presented: PresentedToken | undefined,
  { audience, proofAlgorithms }: ChallengeSite,
): string {
  const dpop = presented?.dpop === true || bindingFaults['sent-as-bearer'].is(fault)
  return bearerChallenge({
    realm: audience,
    error: fault.status === 400 ? 'invalid_request' : challengeErrorOf(fault),
    errorDescription: fault.detail ?? fault.title,
    ...(dpop && { scheme: 'DPoP', algs: proofAlgorithms }),
    resourceMetadata: metadataUrlOf(audience),
  })
}

/** Whether something that was thrown speaks of the token or its proof, and not of a failure of ours. */
export function isTokenFault(thrown: unknown, area: string): thrown is Fault {
  return thrown instanceof Fault && (thrown.code.startsWith(`${area}.`) || thrown.code.startsWith('binding.'))
}
