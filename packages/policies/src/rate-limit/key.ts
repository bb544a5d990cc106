import { createHash } from 'node:crypto'
import type { Exchange } from '@portcullis/policy-kit/exchange'
import type { Principal } from '@portcullis/policy-kit/principal'
import { networkOf } from '../network.ts'
import { rememberWith } from '../remember-with.ts'
import type { Sharer } from './contract.ts'

const MAX_PART_CHARACTERS = 64

/** Makes the key of a call's counter: the attachment, who shares the counter, and which of them this is. */
export type MakeKey = (x: Exchange) => string

/**
 * Keys are of bounded length whatever tokens carry. A caller of whom only the address is known is counted by it, so
 * that leaving credentials out does not leave the limit behind.
 */
export function keyMaker(step: string, by: Sharer): MakeKey {
  const prefix = bounded(step)
  const byAddress: MakeKey = (x) => `${prefix}|address|${networkOf(x.request.remoteAddress)}`
  switch (by) {
    case 'everyone':
      return () => `${prefix}|everyone`
    case 'address':
      return byAddress
    case 'app':
      return oncePer(({ client }) => `${prefix}|app|${bounded(client)}`, byAddress)
    case 'subject':
      return oncePer(
        ({ issuer, subject }) => `${prefix}|subject|${bounded(`${issuer}|${subject}`)}`,
        byAddress,
      )
  }
}

/** The key of a principal does not change, and calls with one token have one principal. */
function oncePer(keyOf: (principal: Principal) => string, ofNobody: MakeKey): MakeKey {
  const keys = rememberWith<string>()
  return (x) => {
    const { principal } = x
    if (principal === undefined) return ofNobody(x)
    const known = keys.of(principal)
    if (known !== undefined) return known
    const key = keyOf(principal)
    keys.keep(principal, key)
    return key
  }
}

/** Short parts stay readable; long ones are hashed, which keeps them apart. */
function bounded(part: string): string {
  if (part.length <= MAX_PART_CHARACTERS) return part
  return `sha256:${createHash('sha256').update(part).digest('base64url')}`
}
