import type { Change } from '@portcullis/ports/store/port'
import type { KoaContextWithOIDC, Provider } from 'oidc-provider'
import instance from 'oidc-provider/lib/helpers/weak_cache.js'

/** Writes down that something is spent, in one commit with these changes. Rejects where somebody else has spent it. */
export type WriteSpent = (others: readonly Change[]) => Promise<void>

/** By the request for which it was spent. */
const unwritten = new WeakMap<object, WriteSpent>()
/** Requests that do not end before what they spend is written down. */
const settling = new WeakSet<object>()

/** Grants that are redeemed once: what they give is kept by the commit that spends them. */
const REDEEMED_ONCE = [
  'authorization_code',
  'urn:ietf:params:oauth:grant-type:device_code',
  'urn:openid:params:grant-type:ciba',
]

/**
 * oidc-provider spends a code, and then keeps what it gives: two commits, of which the second is the one that counts. Here the code is spent
 * by that one, or alone before the request is answered, whatever becomes of it.
 */
export function spendWithWhatIsGiven(provider: Provider): void {
  const { grantTypeHandlers } = instance(provider)
  for (const type of REDEEMED_ONCE) {
    const redeem = grantTypeHandlers.get(type)
    if (redeem === undefined) throw new TypeError(`oidc-provider has no grant ${type}`)
    grantTypeHandlers.set(type, async (ctx) => {
      settling.add(ctx)
      try {
        await redeem(ctx)
      } finally {
        await settleSpent(ctx)
      }
    })
  }
}

/** Whether the request sees to it that what it spends is written down. */
export function settlesSpent(request: object): boolean {
  return settling.has(request)
}

export function spendLater(request: object, write: WriteSpent): void {
  unwritten.set(request, write)
}

/** What a request has spent and not written down: whoever takes it does. */
export function takeSpent(request: object): WriteSpent | undefined {
  const write = unwritten.get(request)
  unwritten.delete(request)
  return write
}

/** Before anything is kept that stays, whatever becomes of the request. */
export async function settleSpent(request: KoaContextWithOIDC): Promise<void> {
  if (settling.has(request)) await takeSpent(request)?.([])
}
