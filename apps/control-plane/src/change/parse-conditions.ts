import type { Resource } from '@portcullis/model/resource/resource'
import { expressionsIn } from '@portcullis/policy-kit/condition/expression-in'
import type { Catalog } from '@portcullis/policy-kit/policy'
import { attachmentsOf } from '../check/attached.ts'
import type { ParsedCondition } from '../state/landscape.ts'
import type { State } from '../state/state.ts'

/**
 * Parses the conditions of every attachment of some organizations, and the expressions in their configs; by their text.
 * Cedar's parser is large, so it is loaded with the first that anybody writes.
 */
export async function parseConditions(
  next: State,
  organizations: ReadonlySet<string>,
  catalog: Catalog,
): Promise<ReadonlyMap<string, ParsedCondition>> {
  const texts = new Set(conditionsIn([...next.resources.values()], organizations, catalog))
  if (texts.size === 0) return new Map()
  const { parseCondition } = await import('@portcullis/cedar/parse')
  return new Map([...texts].map((text) => [text, parseCondition(text)]))
}

function conditionsIn(
  resources: readonly Resource[],
  organizations: ReadonlySet<string>,
  catalog: Catalog,
): string[] {
  return resources
    .filter((each) => organizations.has(each.organization))
    .flatMap((resource) => attachmentsOf(resource))
    .flatMap(({ attachments }) => attachments)
    .flatMap((each) => [
      ...(each.when === undefined ? [] : [each.when]),
      ...expressionsIn(catalog, each).map(({ text }) => text),
    ])
}
