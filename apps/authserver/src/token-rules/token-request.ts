import { newId } from '@portcullis/kernel/id'
import type { Ruling } from '@portcullis/oauth/token-rules/ruling'
import type { KoaContextWithOIDC } from 'oidc-provider'

/** One request to the token endpoint, or to the authorization endpoint where rules have a word on it, while it is decided. */
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
  /** What is told of a hurdle, at whichever endpoint. */
  told?: ErrorAnswer
  /** The code of the decision record, where the rules refused. */
  code?: string
  /** The approval that it waits for, or that it was given with. */
  approval?: string
  /** People have approved this very token. */
  approved?: { readonly grant: string }
  /** Of the token that was issued. */
  issued?: { readonly scopes: readonly string[]; readonly seconds: number }
}

/** RFC 6749 §4.1.2.1, §5.2. */
export interface ErrorAnswer {
  readonly error: unknown
  readonly error_description?: unknown
}

export interface AskedOfRules {
  readonly grant: string
  readonly audience: string
  readonly scopes: readonly string[]
  readonly subject: string
}

/** The request of a context, if it was begun. */
export function begunRequest({ req }: Pick<KoaContextWithOIDC, 'req'>): TokenRequest | undefined {
  return requests.get(req)
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
