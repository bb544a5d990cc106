import type { Condition } from '@portcullis/model/attachment'
import { type BoundCondition, bindCondition } from '../condition/bind-condition.ts'
import type { Exchange } from '../exchange.ts'
import type { Phase } from '../phase.ts'

/** Those who subscribe to a product, or to one of its plans alone. */
export interface Subscribers {
  readonly product: string
  readonly plan?: string
}

/** For which calls a step is meant: for all where nothing is said. */
export interface Reach {
  readonly subscribers?: Subscribers
  readonly when?: Condition
}

/** Whether every call that the other means is meant here too, whatever it carries. */
export function covers(one: Reach, other: Reach): boolean {
  if (one.when !== undefined) return false
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

/** A reach, ready to be asked about calls. */
export interface BoundReach {
  /** Whether the step has to do with a call, whatever its own condition says; `undefined` where it always has. */
  readonly isFor: ((x: Exchange) => boolean) | undefined
  /** Its condition; `undefined` where it has none. */
  readonly when: BoundCondition | undefined
}

/**
 * Makes a reach ready. A step has nothing to do with calls for which a nearer attachment of the same policy is meant.
 * Throws `cedar.unsupported` for a condition that can't be compiled.
 */
export function bindReach(own: Reach, nearer: readonly Reach[], phase: Phase): BoundReach {
  const isSubscriber = subscribing(own)
  const others = nearer.map((each) => meaning(each, phase))
  const when = own.when && bindCondition(own.when, phase)
  if (others.length === 0) return { isFor: isSubscriber, when }
  const isFor = (x: Exchange): boolean =>
    (isSubscriber === undefined || isSubscriber(x)) && !others.some((isMeant) => isMeant(x))
  return { isFor, when }
}

function meaning(reach: Reach, phase: Phase): (x: Exchange) => boolean {
  const isSubscriber = subscribing(reach) ?? always
  if (reach.when === undefined) return isSubscriber
  const when = bindCondition(reach.when, phase)
  return (x) => isSubscriber(x) && when(x).holds
}

const always = (): boolean => true

function subscribing({ subscribers }: Reach): ((x: Exchange) => boolean) | undefined {
  if (subscribers === undefined) return undefined
  const { product, plan } = subscribers
  return ({ subscriber }) =>
    subscriber?.product === product && (plan === undefined || subscriber.plan === plan)
}
