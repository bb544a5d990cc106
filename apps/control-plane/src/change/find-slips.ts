import { type Mentions, mentionsOf, mentionsOfExpression } from '@portcullis/cedar/analysis/mention'
import type { EstExpression } from '@portcullis/cedar/est'
import type { ParsedPolicy, Schema } from '@portcullis/cedar/parse'
import type { Problem } from '@portcullis/cedar/source'
import { cedarSchema } from '@portcullis/policy-kit/condition/cedar-schema'

type Parser = Pick<typeof import('@portcullis/cedar/parse'), 'validateCondition' | 'validatePolicies'>

/** What Cedar's strict validation finds in policies whose types are known. */
export function slipsInPolicies(
  text: string,
  policies: readonly ParsedPolicy[],
  { validatePolicies }: Parser,
): Problem[] {
  // What names an entity that is not there is refused elsewhere, and a template as well.
  if (policies.some(({ template }) => template)) return []
  const mentions = policies.map(({ policy }) => mentionsOf(policy))
  const isOpen = ({ line = 1 }: Problem): boolean => {
    const at = policies.findLastIndex((each) => each.line <= line)
    return isOpenTo(mentions[at])
  }
  return validatePolicies(text, schemaFor(mentions)).filter(
    (problem) => problem.severity === 'error' && !isOpen(problem),
  )
}

/** The same of a condition: it is true or false. */
export function slipsInCondition(
  text: string,
  condition: EstExpression,
  { validateCondition }: Parser,
): Problem[] {
  const mentions = mentionsOfExpression(condition)
  if (isOpenTo(mentions)) return []
  return validateCondition(text, schemaFor([mentions])).filter(({ severity }) => severity === 'error')
}

/** Of a record of these nobody knows beforehand what is in it. */
const OPEN = ['context.claims', 'context.body']

function isOpenTo(mentions: Mentions | undefined): boolean {
  const asked = mentions?.attributes ?? []
  return asked.some((path) => OPEN.some((open) => path === open || path.startsWith(`${open}.`)))
}

function schemaFor(mentions: readonly Mentions[]): Schema {
  const paths = mentions.flatMap(({ attributes }) => attributes)
  const operations = mentions.flatMap(({ entities }) =>
    entities.flatMap(({ type, id }) => (type === 'Action' ? [id] : [])),
  )
  return cedarSchema(paths, operations) as unknown as Schema
}
