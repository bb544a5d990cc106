import { authzen } from './authzen.ts'
import type { DecisionPointConfig } from './contract.ts'
import type { Inquiry } from './facts.ts'
import { opa } from './opa.ts'
import { xacml } from './xacml.ts'

/** Something that a decision asks of us besides letting the call pass or not. */
export interface Demand {
  readonly id: string
  /** By name; a list has its values in order. */
  readonly attributes: Readonly<Record<string, readonly string[]>>
}

export interface Decision {
  /** `undecided`: no rule speaks of the call, or one could not be applied. */
  readonly effect: 'permit' | 'deny' | 'undecided'
  /** Must be kept, or the call is refused. */
  readonly obligations: readonly Demand[]
  /** May be kept. */
  readonly advice: readonly Demand[]
}

/** How a decision point is spoken to. */
export interface Dialect {
  readonly mediaType: string
  /** The body of the request. */
  write(inquiry: Inquiry): unknown
  /**
   * What the answer means for a number of questions.
   *
   * @throws Unreadable where it means nothing.
   */
  read(answer: Readonly<Record<string, unknown>>, questions: number): Decision
}

const dialects: Readonly<Record<DecisionPointConfig['dialect'], Dialect>> = { authzen, opa, xacml }

export function dialectNamed(name: DecisionPointConfig['dialect']): Dialect {
  return dialects[name]
}
