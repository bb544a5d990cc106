import { meant } from '@portcullis/kernel/nearest'
import type { Finding } from '@portcullis/model/finding/finding'
import { DEFAULT_GATEWAY_GROUP } from '@portcullis/model/resource/gateway-group'
import { type Kind, type Resource, resourceId } from '@portcullis/model/resource/resource'
import type { Landscape } from '../state/landscape.ts'
import { type Check, found } from './check.ts'
import { modelFaults } from './fault.ts'

/** Something that a resource names, and where it does. */
interface Reference {
  readonly from: Resource
  readonly at: readonly PropertyKey[]
  readonly kind: Kind
  readonly name: string
}

export const checkReferences: Check = (landscape) => [
  ...references(landscape).flatMap((reference) => missing(landscape, reference)),
  ...missingVersions(landscape),
  ...foreignPlans(landscape),
]

function references(landscape: Landscape): Reference[] {
  return [
    ...landscape.of('Api').flatMap((from) =>
      Object.entries(from.spec.versions).flatMap(([version, { deployments }]) =>
        Object.entries(deployments).flatMap(([name, { groups = [] }]): Reference[] => {
          const at = ['spec', 'versions', version, 'deployments', name]
          return [{ from, at, kind: 'Environment', name }, ...groupReferences(from, at, groups)]
        }),
      ),
    ),
    ...landscape.of('PolicySet').flatMap((from): Reference[] => [
      ...(from.spec.environments ?? []).map((name, i): Reference => {
        return { from, at: ['spec', 'environments', i], kind: 'Environment', name }
      }),
      ...(from.spec.apis ?? []).map((name, i): Reference => {
        return { from, at: ['spec', 'apis', i], kind: 'Api', name }
      }),
    ]),
    ...landscape.of('TokenRules').flatMap((from) =>
      (from.spec.apis ?? []).map((name, i): Reference => {
        return { from, at: ['spec', 'apis', i], kind: 'Api', name }
      }),
    ),
    ...landscape.of('Environment').flatMap((from) =>
      (from.spec.sharesAudiencesWith ?? []).map((name, i): Reference => {
        return { from, at: ['spec', 'sharesAudiencesWith', i], kind: 'Environment', name }
      }),
    ),
    ...landscape.of('Product').flatMap((from) =>
      from.spec.apis.map(({ api }, i): Reference => {
        return { from, at: ['spec', 'apis', i, 'api'], kind: 'Api', name: api }
      }),
    ),
    ...landscape.of('Plan').map((from): Reference => {
      return { from, at: ['spec', 'product'], kind: 'Product', name: from.spec.product }
    }),
    ...landscape.of('App').flatMap((from): Reference[] => {
      const { owner } = from.spec
      return owner === undefined ? [] : [{ from, at: ['spec', 'owner'], kind: 'User', name: owner }]
    }),
    ...landscape.of('App').flatMap((from) =>
      (from.spec.identityProviders ?? []).map((name, i): Reference => {
        return { from, at: ['spec', 'identityProviders', i], kind: 'IdentityProvider', name }
      }),
    ),
    ...landscape.of('App').flatMap((from): Reference[] => {
      const at = ['spec', 'checkedBy', 'identityProvider']
      const { checkedBy } = from.spec
      return checkedBy === undefined
        ? []
        : [{ from, at, kind: 'IdentityProvider', name: checkedBy.identityProvider }]
    }),
    ...landscape.of('App').flatMap((from): Reference[] => {
      const { assertedBy } = from.spec
      return assertedBy === undefined
        ? []
        : [{ from, at: ['spec', 'assertedBy'], kind: 'IdentityProvider', name: assertedBy }]
    }),
    ...landscape.of('Subscription').flatMap((from): Reference[] => [
      { from, at: ['spec', 'app'], kind: 'App', name: from.spec.app },
      { from, at: ['spec', 'product'], kind: 'Product', name: from.spec.product },
      { from, at: ['spec', 'plan'], kind: 'Plan', name: from.spec.plan },
    ]),
  ]
}

function groupReferences(from: Resource, at: readonly PropertyKey[], groups: readonly string[]): Reference[] {
  return groups.flatMap((name, i): Reference[] => {
    // That one is there without being declared.
    if (name === DEFAULT_GATEWAY_GROUP) return []
    return [{ from, at: [...at, 'groups', i], kind: 'GatewayGroup', name }]
  })
}

function missing(landscape: Landscape, { from, at, kind, name }: Reference): Finding[] {
  const { organization } = from
  if (landscape.get(kind, organization, name) !== undefined) return []
  if (landscape.removes(kind, organization, name)) {
    const id = resourceId({ kind, organization, name })
    return [
      found(landscape, from, at, modelFaults['in-use'], `${id} is being removed, and this refers to it.`),
    ]
  }
  const others = landscape.of(kind).filter((each) => each.organization === organization)
  const guess = meant(
    name,
    others.map((each) => each.name),
  )
  const detail = `There is no ${kind} "${name}" in the organization "${organization}".${guess}`
  return [found(landscape, from, at, modelFaults['unknown-reference'], detail)]
}

function missingVersions(landscape: Landscape): Finding[] {
  return landscape.of('Product').flatMap((product) =>
    product.spec.apis.flatMap(({ api, version }, i) => {
      const target = landscape.get('Api', product.organization, api)
      if (target === undefined || Object.hasOwn(target.spec.versions, version)) return []
      const at = ['spec', 'apis', i, 'version']
      const detail = `The API "${api}" has no version "${version}".${meant(version, Object.keys(target.spec.versions))}`
      return [found(landscape, product, at, modelFaults['unknown-reference'], detail)]
    }),
  )
}

function foreignPlans(landscape: Landscape): Finding[] {
  return landscape.of('Subscription').flatMap((subscription) => {
    const plan = landscape.get('Plan', subscription.organization, subscription.spec.plan)
    if (plan === undefined || plan.spec.product === subscription.spec.product) return []
    const detail = `The plan "${plan.name}" is one of "${plan.spec.product}", not of "${subscription.spec.product}".`
    return [found(landscape, subscription, ['spec', 'plan'], modelFaults['plan-of-another-product'], detail)]
  })
}
