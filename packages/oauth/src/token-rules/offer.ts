import { Duration } from '@portcullis/kernel/duration'
import type { Approvers } from '@portcullis/model/approval/approval'
import type { Holder } from '@portcullis/model/approval/entitlement'
import type { PreparedTokenRules } from '@portcullis/model/token-rules'

/** Scopes that somebody may ask for in advance. */
export interface ScopeOffer {
  readonly api: string | undefined
  readonly scopes: readonly string[]
  /** Who must agree; absent where the rules do. */
  readonly approvers: Approvers | undefined
  readonly withinMillis: number
  readonly lifeMillis: number
  /** Of the rules, for people. */
  readonly origin: string
}

export interface Asker {
  readonly holder: Holder
  /** Of a user. */
  readonly roles: readonly string[]
}

const DAY_MILLIS = 86_400_000

/** What somebody may ask for, in the order of the rules. */
export function offersFor({ sets }: PreparedTokenRules, { holder, roles }: Asker): ScopeOffer[] {
  return sets.flatMap(({ name, apis, requests = [] }) =>
    requests
      .filter(({ from, apps }) => {
        if (holder.kind === 'app') return apps?.includes(holder.name) === true
        return from?.some((role) => roles.includes(role)) ?? apps === undefined
      })
      .flatMap(({ scopes, approvers, within, life }) =>
        (apis ?? [undefined]).map((api) => ({
          api,
          scopes,
          approvers,
          withinMillis: within === undefined ? DAY_MILLIS : Duration.parse(within).milliseconds,
          lifeMillis: Duration.parse(life).milliseconds,
          origin: `TokenRules ${name}`,
        })),
      ),
  )
}

/** The offer that covers all of these scopes of an API. */
export function offerOf(
  offers: readonly ScopeOffer[],
  api: string | undefined,
  scopes: readonly string[],
): ScopeOffer | undefined {
  if (scopes.length === 0) return undefined
  return offers.find(
    (offer) =>
      (offer.api === undefined || offer.api === api) && scopes.every((each) => offer.scopes.includes(each)),
  )
}
