import { newId } from '@portcullis/kernel/id'
import type { Ruling } from '@portcullis/oauth/token-rules/ruling'
import type { KoaContextWithOIDC } from 'oidc-provider'

/** One request to the token endpoint, while it is decided. */
export interface TokenRequest {
  /** Of its decision record. */
  readonly decision: string
  readonly at: number
  readonly startedAt: number
  /** What was asked of the rules, and what they said: once for each request. */
  asked?: AskedOfRules
  ruling?: Promise<Ruling | undefined>
  ruled?: Ruling
  /** What the answer says beside the error of OAuth. */
  more?: Readonly<Record<string, unknown>>
  /** The code of the decision record, where the rules refused. */
  code?: string
  /** The approval that it waits for, or that it was given with. */
  approval?: string
  /** People have approved this very token. */
  approved?: { readonly grant: string }
  /** Of the token that was issued. */
  issued?: { readonly scopes: readonly string[]; readonly seconds: number }
}

export interface AskedOfRules {
  readonly audience: string
  readonly scopes: readonly string[]
  readonly subject: string
}

const requests = new WeakMap<object, TokenRequest>()

/** The request of a context, begun when it is first asked for. */
export function tokenRequestOf(
  { req }: Pick<KoaContextWithOIDC, 'req'>,
  nowMillis: () => number,
): TokenRequest {
  const known = requests.get(req)
  if (known !== undefined) return known
  const at = nowMillis()
  const request = { decision: newId('dec', at), at, startedAt: performance.now() }
  requests.set(req, request)
  return request
}
