import type { OperationPlace } from '@portcullis/policy-kit/policy'
import { isBasic } from '../scheme/basic.ts'
import { demandedSchemes } from '../scheme/requirement.ts'

export interface PasswordFacts {
  /** Those of the operation that a name and a password satisfy. */
  readonly schemes: readonly string[]
  readonly audience: string
  readonly organization: string
  /** Who issues tokens to the organization's own users. */
  readonly issuer: string
}

/** `undefined` where an operation asks for no name and password. */
export function passwordFacts({ revision, api, operation }: OperationPlace): PasswordFacts | undefined {
  const schemes = demandedSchemes(api.schemes, operation.security, isBasic)
  if (schemes.size === 0) return undefined
  const { organization, issuer } = revision
  return { schemes: [...schemes.keys()], audience: api.audience, organization, issuer: issuer.url }
}
