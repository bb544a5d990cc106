import { idOf, tokenRules } from '@portcullis/model/collection'
import { bindTokenRules, type TokenRules } from '@portcullis/oauth/token-rules/bind-token-rules'
import type { CustomRules } from '@portcullis/oauth/token-rules/custom-rules'
import type { Store } from '@portcullis/ports/store/port'

/** The rules that hold in an organization now; absent where there are none. */
export type ReadTokenRules = () => Promise<TokenRules | undefined>

/** Looks at every call, so that what was applied last counts at once, and compiles only what has changed. */
export function tokenRulesReader(store: Store, organization: string, custom: CustomRules): ReadTokenRules {
  let known: { readonly version: number; readonly rules: TokenRules } | undefined
  return async () => {
    const document = await store.get(tokenRules, organization, idOf.tokenRules)
    if (document === undefined) return undefined
    if (known?.version !== document.version) {
      known = { version: document.version, rules: bindTokenRules(document.value, custom) }
    }
    return known.rules
  }
}
