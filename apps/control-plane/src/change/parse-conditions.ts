import type { Resource } from '@portcullis/model/resource/resource'
import { attachmentsOf } from '../check/attached.ts'
import type { ParsedCondition } from '../state/landscape.ts'
import type { State } from '../state/state.ts'

/**
 * Parses the conditions of every attachment of some organizations; by their text. Cedar's parser is large, so it is
 * loaded with the first condition that anybody writes.
 */
export async function parseConditions(
  next: State,
  organizations: ReadonlySet<string>,
): Promise<ReadonlyMap<string, ParsedCondition>> {
  const texts = new Set(conditionsIn([...next.resources.values()], organizations))
  if (texts.size === 0) return new Map()
  const { parseCondition } = await import('@portcullis/cedar/parse')
  return new Map([...texts].map((text) => [text, parseCondition(text)]))
}

function conditionsIn(resources: readonly Resource[], organizations: ReadonlySet<string>): string[] {
  return resources
    .filter((each) => organizations.has(each.organization))
    .flatMap((resource) => attachmentsOf(resource))
    .flatMap(({ attachments }) => attachments)
    .flatMap(({ when }) => when ?? [])
}
