import type { Exchange } from './exchange.ts'

/** Those who subscribe to a product, or to one of its plans alone. */
export interface Subscribers {
  readonly product: string
  readonly plan?: string
}

/** For which calls a step is meant: for all where nothing is said. */
export interface Reach {
  readonly subscribers?: Subscribers
}

/** Whether every call that the other means is meant here too, whatever it carries. */
export function covers(one: Reach, other: Reach): boolean {
  if (one.subscribers === undefined) return true
  const { product, plan } = one.subscribers
  return other.subscribers?.product === product && (plan === undefined || other.subscribers.plan === plan)
}

/** Whether there can be a call that both mean. */
export function overlaps(one: Reach, other: Reach): boolean {
  const [a, b] = [one.subscribers, other.subscribers]
  if (a === undefined || b === undefined) return true
  return a.product === b.product && (a.plan === undefined || b.plan === undefined || a.plan === b.plan)
}

/**
 * Makes ready the question whether a step runs for a call: it is meant for it, and no nearer attachment of the same
 * policy is. `undefined` where the answer is always yes.
 */
export function bindReach(own: Reach, nearer: readonly Reach[]): ((x: Exchange) => boolean) | undefined {
  const isMeant = meaning(own)
  const others = nearer.map((each) => meaning(each) ?? always)
  if (others.length === 0) return isMeant
  return (x) => (isMeant === undefined || isMeant(x)) && !others.some((isOther) => isOther(x))
}

const always = (): boolean => true

function meaning({ subscribers }: Reach): ((x: Exchange) => boolean) | undefined {
  if (subscribers === undefined) return undefined
  const { product, plan } = subscribers
  return ({ subscriber }) =>
    subscriber?.product === product && (plan === undefined || subscriber.plan === plan)
}
