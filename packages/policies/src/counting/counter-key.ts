import { createHash } from 'node:crypto'
import { hashKey } from '@portcullis/cedar/value'
import type { BoundExpression } from '@portcullis/policy-kit/condition/bind-expression'
import type { Exchange } from '@portcullis/policy-kit/exchange'
import type { Site } from '@portcullis/policy-kit/policy'
import { appOf, type Principal, type Subscriber } from '@portcullis/policy-kit/principal'
import { networkOf } from '../address/network.ts'
import { rememberWith } from '../memory/remember-with.ts'
import { isSharer } from './sharer.ts'

const MAX_PART_CHARACTERS = 64

/** Makes the key of a call's counter: the attachment, who shares the counter, and which of them this is. */
export type MakeKey = (x: Exchange) => string

/**
 * Keys are of bounded length whatever tokens carry. A caller of whom only the address is known is counted by it, so
 * that leaving credentials out does not leave the limit behind.
 */
export function keyMaker(
  { step, expression }: Pick<Site<unknown>, 'step' | 'expression'>,
  by: string,
): MakeKey {
  const prefix = bounded(step)
  const byAddress: MakeKey = (x) => `${prefix}|address|${networkOf(x.request.remoteAddress)}`
  if (!isSharer(by)) return answered(expression(by), `${prefix}|value|`, byAddress)
  switch (by) {
    case 'everyone':
      return () => `${prefix}|everyone`
    case 'address':
      return byAddress
    case 'app':
      return oncePer(principalOf, (principal) => `${prefix}|app|${bounded(appOf(principal))}`, byAddress)
    case 'subject':
      return oncePer(
        principalOf,
        ({ issuer, subject }) => `${prefix}|subject|${bounded(`${issuer}|${subject}`)}`,
        byAddress,
      )
    case 'subscription':
      return oncePer(
        subscriberOf,
        ({ subscription }) => `${prefix}|subscription|${bounded(subscription)}`,
        byAddress,
      )
    case 'plan':
      return oncePer(
        subscriberOf,
        ({ product, plan }) => `${prefix}|plan|${bounded(`${product}/${plan}`)}`,
        byAddress,
      )
  }
}

const principalOf = ({ principal }: Exchange): Principal | undefined => principal
const subscriberOf = ({ subscriber }: Exchange): Subscriber | undefined => subscriber

/** The key of a holder does not change, and calls with one token have one principal. */
function oncePer<Holder extends object>(
  holderOf: (x: Exchange) => Holder | undefined,
  keyOf: (holder: Holder) => string,
  ofNobody: MakeKey,
): MakeKey {
  const keys = rememberWith<string>()
  return (x) => {
    const holder = holderOf(x)
    if (holder === undefined) return ofNobody(x)
    const known = keys.of(holder)
    if (known !== undefined) return known
    const key = keyOf(holder)
    keys.keep(holder, key)
    return key
  }
}

/** Values that are equal for Cedar share a counter: a set does in whatever order it comes. */
function answered(expression: BoundExpression, prefix: string, ofNobody: MakeKey): MakeKey {
  return (x) => {
    const value = expression(x)
    return value === undefined ? ofNobody(x) : prefix + bounded(String(hashKey(value)))
  }
}

/** Short parts stay readable; long ones are hashed, which keeps them apart. */
function bounded(part: string): string {
  if (part.length <= MAX_PART_CHARACTERS) return part
  return `sha256:${createHash('sha256').update(part).digest('base64url')}`
}
