import { issuesOf } from '@portcullis/kernel/schema'
import type { Attachment } from '@portcullis/model/attachment'
import type { Revision, RevisionApi } from '@portcullis/model/revision'
import { objectionsToCondition } from '@portcullis/policy-kit/condition/check-condition'
import { expressionsIn } from '@portcullis/policy-kit/condition/expression-in'
import { isAfterSubscribe, type Phase } from '@portcullis/policy-kit/phase'
import { type Catalog, policyOf } from '@portcullis/policy-kit/policy'
import type { SurroundingApi } from '@portcullis/policy-kit/step/surroundings'

/**
 * Why the attachments of a revision can't be enforced as they are written; empty when they can. The control plane has
 * asked the same before it published, but perhaps with another catalogue: what this gateway doesn't know would
 * otherwise be a protection that is silently missing. Yields between attachments.
 */
export function* objectionsTo(revision: Revision, catalog: Catalog): Generator<void, string[]> {
  const found: string[] = []
  const addressLists = new Set(revision.addressLists.map(({ list }) => list))
  for (const { attachment, at, ofSubscribers, apis } of attachmentsOf(revision)) {
    for (const reason of objections(attachment, ofSubscribers, { apis, addressLists }, catalog)) {
      found.push(`${at}: policy "${attachment.policy}" ${reason}`)
    }
    yield
  }
  return found
}

/** The ids of the policies that a revision attaches anywhere. */
export function attachedPolicies(revision: Revision): ReadonlySet<string> {
  const { groups, products, plans, apis } = revision
  const bearers = [revision, ...groups, ...products, ...plans, ...apis]
  const found = new Set<string>()
  for (const { policies } of bearers) for (const { policy } of policies) found.add(policy)
  for (const { operations } of apis) {
    for (const { policies } of operations) for (const { policy } of policies) found.add(policy)
  }
  return found
}

function objections(
  attachment: Attachment,
  ofSubscribers: boolean,
  {
    apis,
    addressLists,
  }: { readonly apis: readonly RevisionApi[]; readonly addressLists: ReadonlySet<string> },
  catalog: Catalog,
): string[] {
  const contract = policyOf(catalog, attachment.policy)?.contract
  if (contract === undefined) return ['is not in the catalogue']
  const issues = issuesOf(contract.config, attachment.config)
  if (issues.length === 0 && contract.objections !== undefined) {
    issues.push(
      ...contract.objections(contract.config.parse(attachment.config), {
        apis: apis.map(surrounding),
        addressLists,
      }),
    )
  }
  return [
    ...(attachment.failOpen && !contract.mayFailOpen ? ['must not fail open'] : []),
    ...(ofSubscribers && !isAfterSubscribe(contract.phase)
      ? ['runs before it is known to what the caller subscribes']
      : []),
    ...(attachment.when === undefined
      ? []
      : objectionsToCondition(attachment.when.expression, contract.phase)),
    ...issues.map((issue) => `${issue.path} ${issue.message}`),
    ...expressionsIn(catalog, attachment).flatMap(({ text }) =>
      objectionsToExpressionIn(attachment, text, contract.phase),
    ),
  ]
}

function objectionsToExpressionIn({ expressions }: Attachment, text: string, phase: Phase): string[] {
  const carried = expressions?.find((each) => each.text === text)
  if (carried === undefined) return [`the expression ${text} was not parsed`]
  return objectionsToCondition(carried.expression, phase)
}

function surrounding({ api, version, scopes, operations }: RevisionApi): SurroundingApi {
  return { name: `${api}/${version}`, scopes, operations }
}

interface Attached {
  readonly attachment: Attachment
  readonly at: string
  readonly ofSubscribers: boolean
  /** For whose operations it is meant. */
  readonly apis: readonly RevisionApi[]
}

function attachmentsOf(revision: Revision): Attached[] {
  const { apis } = revision
  return [
    ...revision.groups.flatMap((each) => attached(each.policies, `gateway group ${each.group}`, apis)),
    ...attached(revision.policies, `environment ${revision.environment}`, apis),
    ...revision.products.flatMap((each) =>
      attached(each.policies, `product ${each.product}`, offeredIn(revision, each.product), true),
    ),
    ...revision.plans.flatMap((each) =>
      attached(each.policies, `plan ${each.product}/${each.plan}`, offeredIn(revision, each.product), true),
    ),
    ...apis.flatMap((api) => [
      ...attached(api.policies, `api ${api.api}/${api.version}`, [api]),
      ...api.operations.flatMap((each) =>
        attached(each.policies, `operation ${each.id}`, [{ ...api, operations: [each] }]),
      ),
    ]),
  ]
}

/** The API versions that subscribers of a product can call; a revision names them with its subscriptions. */
function offeredIn({ subscriptions, apis }: Revision, product: string): RevisionApi[] {
  const offered = subscriptions.find((each) => each.product === product)?.apis ?? []
  return apis.filter((api) => offered.some((each) => each.api === api.api && each.version === api.version))
}

function attached(
  attachments: readonly Attachment[],
  at: string,
  apis: readonly RevisionApi[],
  ofSubscribers = false,
): Attached[] {
  return attachments.map((attachment) => ({ attachment, at, ofSubscribers, apis }))
}
