import { type Mentions, mentionsOf } from '@portcullis/cedar/analysis/mention'
import type { ParsedPolicy } from '@portcullis/cedar/parse'
import type { FaultKind } from '@portcullis/kernel/fault'
import { type Finding, findingOf } from '@portcullis/model/finding/finding'
import { cedarTextOf } from '@portcullis/model/resource/policy-set'
import type { ResourceOf } from '@portcullis/model/resource/resource'
import { type EntityShape, entityShapes } from '@portcullis/policy-kit/condition/call-context'
import { objectionsToWords } from '@portcullis/policy-kit/condition/check-condition'
import type { Landscape } from '../state/landscape.ts'
import { type Check, found } from './check.ts'
import { modelFaults, warnings } from './fault.ts'

/** Where the policies of a set are asked: see the policy `authorize`. */
const PHASE = 'decide'

/** What is wrong in the Cedar of a set, and where in it. */
interface Objection {
  readonly message: string
  readonly line?: number | undefined
  readonly column?: number | undefined
}

export const checkPolicySets: Check = (landscape) =>
  landscape.of('PolicySet').flatMap((policySet) => {
    const objections = objectionsTo(landscape, policySet)
    if (objections.length > 0) {
      return objections.map((each) => told(landscape, policySet, each, modelFaults['bad-policy-set']))
    }
    return slipsOf(landscape, policySet).map((slip): Finding => {
      return { ...told(landscape, policySet, slip, warnings['type-slip']), severity: 'warning' }
    })
  })

function slipsOf(landscape: Landscape, { spec }: ResourceOf<'PolicySet'>): Objection[] {
  return [...(landscape.policies(cedarTextOf(spec)).slips ?? [])]
}

/** At its place in a file of Cedar; within a declaration the message says where it is. */
function told(
  landscape: Landscape,
  policySet: ResourceOf<'PolicySet'>,
  { message, line = 1, column = 1 }: Objection,
  kind: FaultKind,
): Finding {
  const place = landscape.cedarPlace(policySet, line, column)
  if (place.path === undefined) return findingOf(kind({ detail: message, place }))
  return found(landscape, policySet, place.path, kind, `${message} (line ${line}, column ${column})`)
}

function objectionsTo(landscape: Landscape, policySet: ResourceOf<'PolicySet'>): Objection[] {
  const parsed = landscape.policies(cedarTextOf(policySet.spec))
  if (!parsed.ok) {
    return parsed.problems.map(({ message, help, line, column }) => {
      return { message: help === undefined ? message : `${message}; ${help}`, line, column }
    })
  }
  const known = knownEntities(landscape, policySet)
  return parsed.value.flatMap((each) =>
    objectionsToPolicy(each, known).map((objection) => ({
      message: `${each.id}: ${objection}`,
      line: each.line,
    })),
  )
}

function objectionsToPolicy({ policy, template }: ParsedPolicy, known: KnownEntities): string[] {
  if (template) return ['there is nobody to fill in ?principal and ?resource']
  const mentions = mentionsOf(policy)
  return [
    ...policy.conditions.flatMap(({ body }) => objectionsToWords(body, PHASE)),
    ...objectionsToTypes(mentions),
    ...objectionsToAttributes(mentions),
    ...mentions.entities.flatMap(({ type, id }) => {
      const ids = known.get(type)
      return ids === undefined || ids.has(id) ? [] : [`there is no ${type}::${JSON.stringify(id)}`]
    }),
  ]
}

function objectionsToTypes({ types }: Mentions): string[] {
  const all = Object.keys(entityShapes)
  return types
    .filter((type) => !all.includes(type))
    .map((type) => `nothing is a ${type}; there are ${all.join(', ')}`)
}

/** What can be asked of a caller and of what is called; of a claim, for one, `context` knows. */
function objectionsToAttributes({ attributes }: Mentions): string[] {
  return attributes.flatMap((path) => {
    const [variable = '', name = ''] = path.split('.')
    if (variable === 'context') return []
    const names = Object.values<EntityShape>(entityShapes).flatMap((shape) =>
      shape.is === variable ? shape.attributes : [],
    )
    if (names.includes(name)) return []
    return [`there is no ${variable}.${name}; there are ${[...new Set(names)].join(', ') || 'none'}`]
  })
}

/** The ids that there are of a type; of types that are not here anything may come. */
type KnownEntities = ReadonlyMap<string, ReadonlySet<string>>

function knownEntities(landscape: Landscape, { organization }: ResourceOf<'PolicySet'>): KnownEntities {
  const apis = landscape.of('Api').filter((each) => each.organization === organization)
  const versions = apis.flatMap((api) =>
    Object.keys(api.spec.versions).map((version) => ({ api: api.name, version })),
  )
  const contracts = versions.map(({ api, version }) => landscape.contract(organization, api, version))
  const known = new Map([
    ['Api', new Set(apis.map((api) => api.name))],
    ['ApiVersion', new Set(versions.map(({ api, version }) => `${api}/${version}`))],
  ])
  // A contract that did not compile is told of already; what its operations are is not known.
  if (contracts.includes(undefined)) return known
  const operations = contracts.flatMap((contract) => contract?.operations.map(({ id }) => id) ?? [])
  return known.set('Action', new Set(operations))
}
