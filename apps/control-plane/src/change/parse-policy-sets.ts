import { mentionsOf } from '@portcullis/cedar/analysis/mention'
import type { ParsedPolicy, Schema } from '@portcullis/cedar/parse'
import type { Problem } from '@portcullis/cedar/source'
import { cedarTextOf } from '@portcullis/model/resource/policy-set'
import { cedarSchema } from '@portcullis/policy-kit/condition/cedar-schema'
import type { ParsedPolicies } from '../state/landscape.ts'
import type { State } from '../state/state.ts'

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
  return parsed.ok ? { ...parsed, slips: slipsIn(text, parsed.value, parser) } : parsed
}

/** Of a record of these nobody knows beforehand what is in it. */
const OPEN = ['context.claims', 'context.body']

/** What Cedar's strict validation finds in policies whose types are known. */
function slipsIn(text: string, policies: readonly ParsedPolicy[], { validatePolicies }: Parser): Problem[] {
  // What names an entity that is not there is refused elsewhere, and a template as well.
  if (policies.some(({ template }) => template)) return []
  const mentions = policies.map(({ policy }) => mentionsOf(policy))
  const paths = mentions.flatMap(({ attributes }) => attributes)
  const operations = mentions.flatMap(({ entities }) =>
    entities.flatMap(({ type, id }) => (type === 'Action' ? [id] : [])),
  )
  const isOpen = ({ line = 1 }: Problem): boolean => {
    const at = policies.findLastIndex((each) => each.line <= line)
    const asked = mentions[at]?.attributes ?? []
    return asked.some((path) => OPEN.some((open) => path === open || path.startsWith(`${open}.`)))
  }
  return validatePolicies(text, cedarSchema(paths, operations) as unknown as Schema).filter(
    (problem) => problem.severity === 'error' && !isOpen(problem),
  )
}
