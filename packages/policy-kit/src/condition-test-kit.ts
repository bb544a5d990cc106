import { parseCondition } from '@portcullis/cedar/parse'
import type { Condition } from '@portcullis/model/attachment'

/** The expressions in a config as an attachment of a revision carries them; for tests. */
export function expressionsOf(...texts: string[]): Condition[] {
  return texts.map(conditionOf)
}

/** A condition as a revision carries it, parsed by Cedar's own parser; for tests. */
export function conditionOf(text: string): Condition {
  const parsed = parseCondition(text)
  if (!parsed.ok) throw new TypeError(`${text}: ${parsed.problems.map((each) => each.message).join('; ')}`)
  return { text, expression: parsed.value as Condition['expression'] }
}
