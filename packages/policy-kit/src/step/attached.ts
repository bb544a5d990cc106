import type { Attachment } from '@portcullis/model/attachment'
import type { Revision, RevisionApi, RevisionOperation } from '@portcullis/model/revision'
import type { OperationPlace } from '../policy.ts'
import type { Reach, Subscribers } from './reach.ts'

/** The level from which a step comes, widest first. Each holds those after it: a product its plans and its APIs. */
export const levels = ['contract', 'edge', 'environment', 'product', 'plan', 'api', 'operation'] as const
export type Level = (typeof levels)[number]

/** An attachment, and where it is. */
export interface Attached {
  readonly attachment: Attachment
  readonly level: Level
  /** In words: `environment production`. Two of one policy in one list are numbered. */
  readonly origin: string
  /** Unique name of the attachment. */
  readonly step: string
  readonly reach: Reach
}

/** All that is attached to an operation, widest first. */
export function attachedTo({ revision, api, operation }: OperationPlace): readonly Attached[] {
  const own = attachedToOperation(revision, api, operation)
  return own.length === 0 ? attachedToApi(revision, api) : [...attachedToApi(revision, api), ...own]
}

/** Asked for every operation of an API version, and by several: found once. */
const found = new WeakMap<RevisionApi, { readonly revision: Revision; readonly attached: Attached[] }>()

/** All that is attached to every operation of an API version, widest first. */
export function attachedToApi(revision: Revision, api: RevisionApi): readonly Attached[] {
  const known = found.get(api)
  if (known?.revision === revision) return known.attached
  const attached = findAttachedToApi(revision, api)
  found.set(api, { revision, attached })
  return attached
}

function findAttachedToApi(revision: Revision, api: RevisionApi): Attached[] {
  const base = baseOf(revision)
  const version = `${api.api}/${api.version}`
  const offering = productsWith(revision, api)
  return [
    ...attachedToOuter(revision),
    ...revision.products
      .filter(({ product }) => offering.has(product))
      .flatMap(({ product, policies }) =>
        at('product', `product ${product}`, `${base}/product/${product}`, policies, { product }),
      ),
    ...revision.plans
      .filter(({ product }) => offering.has(product))
      .flatMap(({ product, plan, policies }) =>
        at('plan', `plan ${product}/${plan}`, `${base}/plan/${product}/${plan}`, policies, { product, plan }),
      ),
    ...at('api', `api ${version}`, `${base}/api/${version}`, api.policies),
  ]
}

/** What is attached to an operation itself, nearer than all else. */
export function attachedToOperation(
  revision: Revision,
  { api, version }: RevisionApi,
  { id, policies }: RevisionOperation,
): Attached[] {
  if (policies.length === 0) return []
  const base = `${baseOf(revision)}/operation/${api}/${version}/${id}`
  return at('operation', `operation ${id}`, base, policies)
}

/** What is attached whatever the operation, widest first. A revision holds only the gateway group that it is run for. */
export function attachedToOuter(revision: Revision): Attached[] {
  const base = baseOf(revision)
  return [
    ...revision.groups.flatMap(({ group, policies }) =>
      at('edge', `gateway group ${group}`, `${base}/edge/${group}`, policies),
    ),
    ...at('environment', `environment ${revision.environment}`, base, revision.policies),
  ]
}

function baseOf({ organization, environment }: Revision): string {
  return `${organization}/${environment}`
}

function at(
  level: Level,
  origin: string,
  base: string,
  attachments: readonly Attachment[],
  subscribers?: Subscribers,
): Attached[] {
  return attachments.map((attachment, index) => ({
    attachment,
    level,
    origin: origin + numberOf(attachments, index),
    step: `${base}/${attachment.policy}.${index}`,
    reach: { ...(subscribers && { subscribers }), ...(attachment.when && { when: attachment.when }) },
  }))
}

/** Of several attachments of one policy in one list, which one: ` #2`. */
function numberOf(attachments: readonly Attachment[], index: number): string {
  const before = attachments.slice(0, index).filter((each) => each.policy === attachments[index]?.policy)
  return before.length === 0 ? '' : ` #${before.length + 1}`
}

/** Products under which somebody can call this API version. */
function productsWith(revision: Revision, api: RevisionApi): ReadonlySet<string> {
  return new Set(
    revision.subscriptions
      .filter((each) => each.apis.some((one) => one.api === api.api && one.version === api.version))
      .map((each) => each.product),
  )
}
