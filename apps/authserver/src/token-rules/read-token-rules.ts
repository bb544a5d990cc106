import { isDeepStrictEqual } from 'node:util'
import { idOf, tokenRules } from '@portcullis/model/collection'
import type { PreparedTokenRules } from '@portcullis/model/token-rules'
import { bindTokenRules, type TokenRules } from '@portcullis/oauth/token-rules/bind-token-rules'
import type { CustomRules } from '@portcullis/oauth/token-rules/custom-rules'
import type { Store } from '@portcullis/ports/store/port'

/** The rules that hold in an organization now; absent where there are none. */
export type ReadTokenRules = () => Promise<TokenRules | undefined>

/** Looks at every call, so that what was applied last counts at once, and compiles only what has changed. */
export function tokenRulesReader(store: Store, organization: string, custom: CustomRules): ReadTokenRules {
  let known: { readonly value: PreparedTokenRules; readonly rules: TokenRules } | undefined
  return async () => {
    const document = await store.get(tokenRules, organization, idOf.tokenRules)
    if (document === undefined) return undefined
    const { value } = document
    // Not by its version: rules that were taken away and given anew begin at the first again.
    if (known?.value !== value && !isDeepStrictEqual(known?.value, value)) {
      known = { value, rules: bindTokenRules(value, custom) }
    }
    return known?.rules
  }
}
