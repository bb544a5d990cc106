import type { EstExpression, NamedPolicy } from '@portcullis/cedar/est'
import type { Attachment, AttachmentDeclaration, Condition } from '@portcullis/model/attachment'
import { audienceOf } from '@portcullis/model/audience'
import type { DocumentApp } from '@portcullis/model/client-document'
import type { Contract } from '@portcullis/model/contract'
import type { ApiVersionSpec } from '@portcullis/model/resource/api'
import type { AppSpec } from '@portcullis/model/resource/app'
import { type EnvironmentSpec, mayShareAudiences } from '@portcullis/model/resource/environment'
import { DEFAULT_GATEWAY_GROUP } from '@portcullis/model/resource/gateway-group'
import { cedarTextOf } from '@portcullis/model/resource/policy-set'
import type { ApiReference } from '@portcullis/model/resource/product'
import type { ResourceOf } from '@portcullis/model/resource/resource'
import { normalizeUpstream } from '@portcullis/model/resource/upstream'
import type {
  ExternalApp,
  OtherEnvironment,
  Revision,
  RevisionAddressList,
  RevisionApi,
  RevisionGroup,
  RevisionPlan,
  RevisionPolicySet,
  RevisionProduct,
  RevisionSubscription,
} from '@portcullis/model/revision'

/** Everything that a revision of an environment is made of. */
export interface RevisionSource {
  readonly environment: ResourceOf<'Environment'>
  /** All of the organization. */
  readonly environments: readonly ResourceOf<'Environment'>[]
  readonly groups: readonly ResourceOf<'GatewayGroup'>[]
  readonly addressLists: readonly RevisionAddressList[]
  readonly apis: readonly ResourceOf<'Api'>[]
  readonly products: readonly ResourceOf<'Product'>[]
  readonly plans: readonly ResourceOf<'Plan'>[]
  readonly policySets: readonly ResourceOf<'PolicySet'>[]
  readonly apps: readonly ResourceOf<'App'>[]
  readonly subscriptions: readonly ResourceOf<'Subscription'>[]
  /** The compiled contract of an API version. */
  readonly contract: (api: string, version: string) => Contract
  /** The texts of the expressions that stand in the config of an attachment. */
  readonly expressions: (attachment: AttachmentDeclaration) => readonly string[]
  /** What the text of a condition, or of another expression, means. */
  readonly condition: (text: string) => EstExpression
  /** What the text of a policy set says. */
  readonly policies: (text: string) => readonly NamedPolicy[]
  /** The authorization server, without organization. */
  readonly authserverUrl: string
}

/** What an environment enforces; its number and its time are given when it is published. */
export type RevisionContent = Omit<Revision, 'number' | 'publishedAt'>

/**
 * Compiles the resources of one organization into what one of its environments enforces. Pure: the same resources
 * give the same content, in whatever order they come.
 */
export function compileRevision(source: RevisionSource): RevisionContent {
  const { environment } = source
  const apis = source.apis
    .flatMap((api) => servedVersions(source, api))
    .toSorted(by((api) => `${api.api}/${api.version}`))
  const offers = offersOf(source, apis)
  const subscriptions = subscriptionsOf(source, offers, apis)
  return {
    format: 1,
    organization: environment.organization,
    environment: environment.name,
    hosts: environment.spec.hosts.map((host) => host.toLowerCase()).toSorted(),
    issuer: issuerOf(source.authserverUrl, environment.organization),
    otherEnvironments: otherEnvironmentsOf(source),
    policies: attachmentsOf(source, environment.spec.policies),
    groups: groupsOf(source),
    apis,
    products: productsOf(source, offers),
    plans: plansOf(source, offers),
    subscriptions,
    externalApps: externalAppsOf(source, subscriptions),
    documentApps: documentAppsOf(source, subscriptions),
    addressLists: source.addressLists.toSorted(by(({ list }) => list)),
    policySets: policySetsOf(source, apis),
  }
}

function subscribersOf(
  { apps }: RevisionSource,
  subscriptions: readonly RevisionSubscription[],
): ResourceOf<'App'>[] {
  const subscribers = new Set(subscriptions.map(({ app }) => app))
  return apps.filter(({ name }) => subscribers.has(name))
}

function externalAppsOf(
  source: RevisionSource,
  subscriptions: readonly RevisionSubscription[],
): ExternalApp[] {
  return subscribersOf(source, subscriptions)
    .flatMap(({ name, spec }) => (spec.external ?? []).map((each) => ({ ...each, app: name })))
    .toSorted(by(({ issuer, clientId }) => `${issuer} ${clientId}`))
}

function documentAppsOf(
  source: RevisionSource,
  subscriptions: readonly RevisionSubscription[],
): DocumentApp[] {
  return subscribersOf(source, subscriptions)
    .flatMap(({ name, spec }) => (spec.clientDocuments ?? []).map((place) => ({ place, app: name })))
    .toSorted(by(({ place }) => place))
}

/** Those that hold for something that is served here. */
function policySetsOf(source: RevisionSource, served: readonly RevisionApi[]): RevisionPolicySet[] {
  return source.policySets
    .filter(({ spec }) => spec.environments?.includes(source.environment.name) ?? true)
    .filter(({ spec }) => spec.apis?.some((name) => served.some(({ api }) => api === name)) ?? true)
    .map(({ name, spec }): RevisionPolicySet => {
      const policies = source.policies(cedarTextOf(spec)).map(({ id, policy }) => ({ id, policy }))
      return {
        policySet: name,
        ...(spec.apis && { apis: [...new Set(spec.apis)].toSorted() }),
        policies: policies as RevisionPolicySet['policies'],
      }
    })
    .toSorted(by(({ policySet }) => policySet))
}

/** The issuer of an organization's tokens, and where its public keys are. */
export function issuerOf(authserverUrl: string, organization: string): Revision['issuer'] {
  const url = `${authserverUrl.replace(/\/+$/, '')}/${organization}`
  return { url, jwksUri: `${url}/jwks` }
}

/** Attachments as a gateway takes them: their conditions and expressions parsed. */
function attachmentsOf(source: RevisionSource, declared: readonly AttachmentDeclaration[]): Attachment[] {
  const parsed = (text: string): Condition => {
    return { text, expression: source.condition(text) as Condition['expression'] }
  }
  return declared.map((attachment) => {
    const { when, ...rest } = attachment
    const texts = [...new Set(source.expressions(attachment))]
    return {
      ...rest,
      ...(when !== undefined && { when: parsed(when) }),
      ...(texts.length > 0 && { expressions: texts.map(parsed) }),
    }
  })
}

/** Those that are declared, and the one that is there without being declared. */
function groupsOf(source: RevisionSource): RevisionGroup[] {
  const declared = source.groups.map(({ name, spec }) => {
    return { group: name, policies: attachmentsOf(source, spec.policies) }
  })
  const isDeclared = declared.some(({ group }) => group === DEFAULT_GATEWAY_GROUP)
  const all = isDeclared ? declared : [...declared, { group: DEFAULT_GATEWAY_GROUP, policies: [] }]
  return all.toSorted(by(({ group }) => group))
}

/** Those that neither it nor they say share audiences. */
function otherEnvironmentsOf({ environment, environments }: RevisionSource): OtherEnvironment[] {
  return environments
    .filter((other) => other.name !== environment.name && !mayShareAudiences(environment, other))
    .map(({ name, spec }) => ({ environment: name, url: spec.url }))
    .toSorted(by((other) => other.environment))
}

function servedVersions(source: RevisionSource, api: ResourceOf<'Api'>): RevisionApi[] {
  const { environment, groups, products, plans } = source
  const isMockedAround = [environment, ...groups, ...products, ...plans].some(({ spec }) =>
    hasMock(spec.policies),
  )
  return Object.entries(api.spec.versions).flatMap(([version, spec]) => {
    const deployment = spec.deployments[source.environment.name]
    if (deployment === undefined || !isServed(spec)) return []
    const contract = source.contract(api.name, version)
    const isMocked = isMockedAround || hasMock(spec.policies)
    return [
      {
        api: api.name,
        version,
        title: api.spec.title,
        basePath: spec.basePath,
        audience: audienceOf(source.environment.spec.url, spec.basePath),
        upstream: normalizeUpstream(deployment.upstream),
        classification: spec.classification,
        deprecated: spec.state === 'deprecated',
        ...(deployment.groups && { groups: [...new Set(deployment.groups)].toSorted() }),
        scopes: contract.scopes,
        schemes: contract.schemes,
        ...(spec.authorizationDetails && { authorizationDetails: spec.authorizationDetails }),
        policies: attachmentsOf(source, spec.policies),
        operations: contract.operations
          .map(({ replies, ...operation }) => {
            const declared = spec.operations[operation.id]?.policies ?? []
            const policies = attachmentsOf(source, declared)
            const isShown = replies !== undefined && (isMocked || hasMock(declared))
            return { ...operation, ...(isShown && { replies }), policies }
          })
          .toSorted(by(({ path, method }) => `${path} ${method}`)),
      },
    ]
  })
}

/** Examples of a contract are carried where they are answered with, and nowhere else. */
function hasMock(policies: readonly AttachmentDeclaration[]): boolean {
  return policies.some(({ policy }) => policy === 'mock')
}

function isServed({ state }: ApiVersionSpec): boolean {
  return state === 'published' || state === 'deprecated'
}

/** What a product offers in this environment. */
type Offers = ReadonlyMap<string, readonly ApiReference[]>

function offersOf(source: RevisionSource, served: readonly RevisionApi[]): Offers {
  const offers = source.products.map(({ name, spec }) => {
    const apis = served.filter((each) =>
      spec.apis.some((one) => one.api === each.api && one.version === each.version),
    )
    return [name, apis.map(({ api, version }) => ({ api, version }))] as const
  })
  return new Map(offers.filter(([, apis]) => apis.length > 0))
}

function productsOf(source: RevisionSource, offers: Offers): RevisionProduct[] {
  return source.products
    .filter(({ name }) => offers.has(name))
    .map(({ name, spec }) => ({ product: name, policies: attachmentsOf(source, spec.policies) }))
    .toSorted(by(({ product }) => product))
}

function plansOf(source: RevisionSource, offers: Offers): RevisionPlan[] {
  return source.plans
    .filter((plan) => offers.has(plan.spec.product))
    .map(({ name, spec }) => {
      return { product: spec.product, plan: name, policies: attachmentsOf(source, spec.policies) }
    })
    .toSorted(by((plan) => `${plan.product}/${plan.plan}`))
}

function subscriptionsOf(
  source: RevisionSource,
  offers: Offers,
  served: readonly RevisionApi[],
): RevisionSubscription[] {
  const without = new Set(
    source.apps
      .filter(({ spec }) => spec.disabled === true || isOfOtherStage(spec, source.environment.spec))
      .map(({ name }) => name),
  )
  return source.subscriptions
    .filter(({ spec }) => !without.has(spec.app))
    .flatMap(({ name, spec }) => {
      const apis = offers.get(spec.product)
      if (apis === undefined) return []
      const scopes = [...new Set(spec.scopes)].filter((scope) => isOffered(scope, apis, served)).toSorted()
      return [
        {
          subscription: name,
          app: spec.app,
          product: spec.product,
          plan: spec.plan,
          apis: [...apis],
          scopes,
        },
      ]
    })
    .toSorted(by((each) => each.subscription))
}

function isOfOtherStage(app: AppSpec, environment: EnvironmentSpec): boolean {
  return app.stage !== undefined && app.stage !== environment.stage
}

/** Whether an API version that is served here declares the scope: a draft's scopes are granted nowhere. */
function isOffered(scope: string, apis: readonly ApiReference[], served: readonly RevisionApi[]): boolean {
  return apis.some(({ api, version }) => {
    const found = served.find((each) => each.api === api && each.version === version)
    return found !== undefined && Object.hasOwn(found.scopes, scope)
  })
}

/** Code-point order, the same on every machine. */
function by<T>(key: (value: T) => string): (a: T, b: T) => number {
  return (a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0)
}
