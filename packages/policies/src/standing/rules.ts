import type { StandingTerms } from '@portcullis/policy-kit/standing/standing-terms'
import type { StandingConfig } from './contract.ts'

/** Which replies go on standing by a config. */
export function termsOf({ all, types = [] }: StandingConfig): StandingTerms {
  return { all: all === true, types }
}
