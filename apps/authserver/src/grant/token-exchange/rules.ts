import type { ExchangeRight } from '@portcullis/model/resource/exchange-right'
import type { Actor } from '../../provider/extra-claims.ts'

/** What an intermediary wants: a token for the next API, in exchange for one that it was called with. */
export interface TokenExchange {
  /** The app that asks. */
  readonly app: string
  /** Audience of the token that is given in. */
  readonly from: string
  readonly to: string
  readonly scopes: readonly string[]
  /** Who acts for the subject already, the nearest first (RFC 8693 §4.1). */
  readonly act?: Actor | undefined
  /** The only one who may act for the subject, where the token names one (§4.4). */
  readonly mayAct?: Readonly<Record<string, unknown>> | undefined
  /** Who will act: the app itself, unless it gave a token of an actor. */
  readonly actor: string
  readonly issuer: string
}

export type ExchangeAnswer =
  | { readonly allowed: true; readonly act?: Actor; readonly as: ExchangeRight['as'] }
  | {
      readonly allowed: false
      readonly error: 'invalid_target' | 'invalid_scope' | 'invalid_request'
      readonly why: string
    }

/** Whether an administrator gave a right that covers this. Without one nothing may be exchanged. */
export function decideExchange(rights: readonly ExchangeRight[], wanted: TokenExchange): ExchangeAnswer {
  const right = rights.find(({ from, to }) => from === wanted.from && to === wanted.to)
  if (right === undefined) {
    return refuse('invalid_target', 'this app may not exchange a token for that audience')
  }
  const beyond = wanted.scopes.filter((scope) => !right.scopes.includes(scope))
  if (beyond.length > 0) {
    return refuse('invalid_scope', `the right to exchange does not cover '${beyond[0]?.slice(0, 64)}'`)
  }
  const { mayAct, actor, issuer } = wanted
  if (mayAct !== undefined && (mayAct.sub !== actor || (mayAct.iss ?? issuer) !== issuer)) {
    return refuse('invalid_request', 'the subject token names somebody else who may act (may_act)')
  }
  if (right.as === 'impersonation') {
    // Whoever acted so far stays named: an impersonation must not wash a chain clean.
    return { allowed: true, as: right.as, ...(wanted.act !== undefined && { act: wanted.act }) }
  }
  const act: Actor = { sub: actor, ...(wanted.act !== undefined && { act: wanted.act }) }
  if (depthOf(act) > right.depth) {
    return refuse('invalid_request', `more than ${right.depth} would act for the subject`)
  }
  return { allowed: true, act, as: right.as }
}

/** How many act, one for the other. */
export function depthOf(act: Actor | undefined): number {
  let depth = 0
  for (let each = act; each !== undefined; each = each.act) depth++
  return depth
}

function refuse(
  error: Extract<ExchangeAnswer, { allowed: false }>['error'],
  why: string,
): Extract<ExchangeAnswer, { allowed: false }> {
  return { allowed: false, error, why }
}
