import { mentionsOfExpression } from '@portcullis/cedar/analysis/mention'
import type { Parsed, Schema } from '@portcullis/cedar/parse'
import type { JsonObject } from '@portcullis/kernel/json'
import { tokenSchema } from '@portcullis/oauth/token-rules/cedar-request'
import type { State } from '../state/state.ts'

/** What the conditions of token rules mean, held to what a token has; by their text. Only who has some loads the parser. */
export async function parseTokenRules(
  next: State,
  organizations: ReadonlySet<string>,
): Promise<ReadonlyMap<string, Parsed<JsonObject>>> {
  const texts = new Set(
    [...next.resources.values()].flatMap((each) =>
      each.kind === 'TokenRules' && organizations.has(each.organization)
        ? each.spec.rules.flatMap(({ when }) => when ?? [])
        : [],
    ),
  )
  if (texts.size === 0) return new Map()
  const { parseCondition, validateCondition } = await import('@portcullis/cedar/parse')
  const parse = (text: string): Parsed<JsonObject> => {
    const parsed = parseCondition(text)
    if (!parsed.ok) return parsed
    const { attributes } = mentionsOfExpression(parsed.value)
    const problems = validateCondition(text, tokenSchema(attributes) as unknown as Schema)
    const errors = problems.filter(({ severity }) => severity === 'error')
    return errors.length > 0 ? { ok: false, problems: errors } : parsed
  }
  return new Map([...texts].map((text) => [text, parse(text)]))
}
