import type {
  PolicyReport,
  PolicyReportQuery,
  ReportedPolicy,
} from '@portcullis/api-client/route/policy-report'
import { analyzePolicies, type Findings } from '@portcullis/cedar/analysis/analyze-policies'
import type { Revision } from '@portcullis/model/revision'
import { policySetsFor } from '@portcullis/policies/authorize/contract'
import { namedPolicies } from '@portcullis/policies/authorize/named-policies'
import { callHierarchy } from '@portcullis/policy-kit/condition/cedar-operation'
import type { Catalog } from '@portcullis/policy-kit/policy'
import { type Rule, rulesOf } from './rule.ts'
import { type ServedOperation, servedOperations } from './served-operation.ts'
import { uncallableOf } from './uncallable.ts'

const MAX_LISTED = 1_000

/**
 * Which policies of a revision mention what is asked for, which operations nobody can call, and which Cedar policies
 * contradict, repeat or hide each other. Nothing is sent and nothing is called.
 */
export function reportPolicies(catalog: Catalog, revision: Revision, query: PolicyReportQuery): PolicyReport {
  const all = servedOperations(revision)
  const wanted = new Set(all.filter((each) => isWanted(each, query)))
  const rules = rulesOf(catalog, revision, all).filter((rule) => isAskedFor(rule, wanted, query))
  const listed = new Set(rules.flatMap(({ told }) => (told.kind === 'cedar' ? [told.name] : [])))
  const relations = relationsOf(revision, listed)
  const { organization, environment, number } = revision
  return {
    organization,
    environment,
    revision: number,
    policies: rules.slice(0, MAX_LISTED).map(reported),
    uncallable: uncallableOf(catalog, [...wanted]),
    ...relations,
    contradictions: relations.contradictions.slice(0, MAX_LISTED),
    leftOut: {
      policies: Math.max(0, rules.length - MAX_LISTED),
      contradictions: Math.max(0, relations.contradictions.length - MAX_LISTED),
    },
  }
}

/** The operations about which it is asked. */
function isWanted({ api, operation }: ServedOperation, query: PolicyReportQuery): boolean {
  if (query.api !== undefined && api.api !== query.api) return false
  if (query.operation !== undefined && operation.id !== query.operation) return false
  const { dataClass } = query
  return (
    dataClass === undefined ||
    api.classification === dataClass ||
    operation.dataClasses?.includes(dataClass) === true
  )
}

function isAskedFor(rule: Rule, wanted: ReadonlySet<ServedOperation>, query: PolicyReportQuery): boolean {
  const { attributes, roles, groups, scopes, dataClasses } = rule.told
  const { attribute, role, group, scope, dataClass, api, operation } = query
  if (attribute !== undefined && !attributes.some((path) => isWithin(path, attribute))) return false
  if (role !== undefined && !roles.includes(role)) return false
  if (group !== undefined && !groups.includes(group)) return false
  if (scope !== undefined && !scopes.includes(scope)) return false
  if (dataClass === undefined && api === undefined && operation === undefined) return true
  if ([...rule.operations].some((each) => wanted.has(each))) return true
  // It names the class of data, but nothing with such data is served.
  return api === undefined && operation === undefined && dataClasses.some((each) => each === dataClass)
}

/** Whether some words of a path, one after the other, are those that are asked for. */
function isWithin(path: string, asked: string): boolean {
  return `.${path}.`.includes(`.${asked}.`)
}

function reported({ told, operations }: Rule): ReportedPolicy {
  const apis = new Set([...operations].map(({ api }) => `${api.api}/${api.version}`))
  return { ...told, apis: [...apis].toSorted(), operations: operations.size }
}

type Relations = Omit<Findings, 'uncallable'>

/** Of all policies that are asked together somewhere, what concerns one of those that are listed. */
function relationsOf(
  revision: Revision,
  listed: ReadonlySet<string>,
): {
  [Key in keyof Relations]: Relations[Key][number][]
} {
  // APIs with the same sets share one list.
  const together = new Set(revision.apis.flatMap(({ api }) => [policySetsFor(revision, api) ?? []]))
  const found = [...together].map((each) => analyzePolicies(namedPolicies(each), [], callHierarchy))
  const always = (how: 'always' | 'may'): number => (how === 'always' ? 0 : 1)
  return {
    contradictions: distinct(found.flatMap((each) => each.contradictions))
      .filter(({ permit, forbid }) => listed.has(permit) || listed.has(forbid))
      .toSorted((a, b) => always(a.how) - always(b.how)),
    duplicates: distinct(found.flatMap((each) => each.duplicates)).filter(
      ({ policy, of }) => listed.has(policy) || listed.has(of),
    ),
    shadowed: distinct(found.flatMap((each) => each.shadowed)).filter(
      ({ policy, by }) => listed.has(policy) || listed.has(by),
    ),
    impossible: distinct(found.flatMap((each) => each.impossible)).filter((each) => listed.has(each)),
  }
}

function distinct<T>(all: readonly T[]): T[] {
  return [...new Map(all.map((each) => [JSON.stringify(each), each])).values()]
}
