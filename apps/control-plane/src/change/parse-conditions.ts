import type { Resource } from '@portcullis/model/resource/resource'
import { expressionsIn } from '@portcullis/policy-kit/condition/expression-in'
import type { Catalog } from '@portcullis/policy-kit/policy'
import { attachmentsOf } from '../check/attached.ts'
import type { ParsedCondition } from '../state/landscape.ts'
import type { State } from '../state/state.ts'
import { slipsInCondition } from './find-slips.ts'

/**
 * Parses the conditions of every attachment of some organizations, and the expressions in their configs; by their text.
 * Cedar's parser is large, so it is loaded with the first that anybody writes.
 */
export async function parseConditions(
  next: State,
  organizations: ReadonlySet<string>,
  catalog: Catalog,
): Promise<ReadonlyMap<string, ParsedCondition>> {
  const texts = conditionsIn([...next.resources.values()], organizations, catalog)
  if (texts.size === 0) return new Map()
  const parser = await import('@portcullis/cedar/parse')
  return new Map(
    [...texts].map(([text, isCondition]): [string, ParsedCondition] => {
      const parsed = parser.parseCondition(text)
      if (!parsed.ok) return [text, parsed]
      // What an expression comes to is for its policy to say.
      const slips = isCondition ? slipsInCondition(text, parsed.value, parser) : []
      return [text, { ...parsed, slips }]
    }),
  )
}

/** The texts, and whether each is a condition somewhere. */
function conditionsIn(
  resources: readonly Resource[],
  organizations: ReadonlySet<string>,
  catalog: Catalog,
): ReadonlyMap<string, boolean> {
  const found = new Map<string, boolean>()
  const attachments = resources
    .filter((each) => organizations.has(each.organization))
    .flatMap((resource) => attachmentsOf(resource))
    .flatMap((each) => each.attachments)
  for (const each of attachments) {
    for (const { text } of expressionsIn(catalog, each)) found.set(text, found.get(text) ?? false)
    if (each.when !== undefined) found.set(each.when, true)
  }
  return found
}
