import { cedarTextOf } from '@portcullis/model/resource/policy-set'
import type { ParsedPolicies } from '../state/landscape.ts'
import type { State } from '../state/state.ts'
import { slipsInPolicies } from './find-slips.ts'

type Parser = typeof import('@portcullis/cedar/parse')

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
  const parser = await import('@portcullis/cedar/parse')
  return new Map([...texts].map((text) => [text, parseOnce(text, parser)]))
}

/** A thousand policies take seconds, and every change looks at all sets of its organization. */
const parsedBefore = new Map<string, ParsedPolicies>()
const MAX_REMEMBERED = 256

function parseOnce(text: string, parser: Parser): ParsedPolicies {
  const known = parsedBefore.get(text)
  if (known !== undefined) return known
  const oldest = parsedBefore.keys().next()
  if (parsedBefore.size >= MAX_REMEMBERED && !oldest.done) parsedBefore.delete(oldest.value)
  const parsed = parse(text, parser)
  parsedBefore.set(text, parsed)
  return parsed
}

function parse(text: string, parser: Parser): ParsedPolicies {
  const parsed = parser.parsePolicies(text)
  return parsed.ok ? { ...parsed, slips: slipsInPolicies(text, parsed.value, parser) } : parsed
}
