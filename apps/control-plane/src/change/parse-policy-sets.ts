import { cedarTextOf } from '@portcullis/model/resource/policy-set'
import type { ParsedPolicies } from '../state/landscape.ts'
import type { State } from '../state/state.ts'

/** Parses the policy sets of some organizations; by their text. The parser is loaded with the first that there is. */
export async function parsePolicySets(
  next: State,
  organizations: ReadonlySet<string>,
): Promise<ReadonlyMap<string, ParsedPolicies>> {
  const texts = new Set(
    [...next.resources.values()].flatMap((each) =>
      each.kind === 'PolicySet' && organizations.has(each.organization) ? [cedarTextOf(each.spec)] : [],
    ),
  )
  if (texts.size === 0) return new Map()
  const { parsePolicies } = await import('@portcullis/cedar/parse')
  return new Map([...texts].map((text) => [text, parsePolicies(text)]))
}
