import { issuesOf } from '@portcullis/kernel/schema'
import type { Attachment } from '@portcullis/model/attachment'
import type { Revision } from '@portcullis/model/revision'
import { objectionsToCondition } from '@portcullis/policy-kit/condition/check-condition'
import { expressionsIn } from '@portcullis/policy-kit/condition/expression-in'
import { isAfterSubscribe, type Phase } from '@portcullis/policy-kit/phase'
import { type Catalog, policyOf } from '@portcullis/policy-kit/policy'

/**
 * Why the attachments of a revision can't be enforced as they are written; empty when they can. The control plane has
 * asked the same before it published, but perhaps with another catalogue: what this gateway doesn't know would
 * otherwise be a protection that is silently missing. Yields between attachments.
 */
export function* objectionsTo(revision: Revision, catalog: Catalog): Generator<void, string[]> {
  const found: string[] = []
  for (const { attachment, at, ofSubscribers } of attachmentsOf(revision)) {
    for (const reason of objections(attachment, ofSubscribers, catalog)) {
      found.push(`${at}: policy "${attachment.policy}" ${reason}`)
    }
    yield
  }
  return found
}

function objections(attachment: Attachment, ofSubscribers: boolean, catalog: Catalog): string[] {
  const contract = policyOf(catalog, attachment.policy)?.contract
  if (contract === undefined) return ['is not in the catalogue']
  return [
    ...(attachment.failOpen && !contract.mayFailOpen ? ['must not fail open'] : []),
    ...(ofSubscribers && !isAfterSubscribe(contract.phase)
      ? ['runs before it is known to what the caller subscribes']
      : []),
    ...(attachment.when === undefined
      ? []
      : objectionsToCondition(attachment.when.expression, contract.phase)),
    ...issuesOf(contract.config, attachment.config).map((issue) => `${issue.path} ${issue.message}`),
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

interface Attached {
  readonly attachment: Attachment
  readonly at: string
  readonly ofSubscribers: boolean
}

function attachmentsOf(revision: Revision): Attached[] {
  return [
    ...revision.groups.flatMap((each) => attached(each.policies, `gateway group ${each.group}`)),
    ...attached(revision.policies, `environment ${revision.environment}`),
    ...revision.products.flatMap((each) => attached(each.policies, `product ${each.product}`, true)),
    ...revision.plans.flatMap((each) => attached(each.policies, `plan ${each.product}/${each.plan}`, true)),
    ...revision.apis.flatMap((api) => [
      ...attached(api.policies, `api ${api.api}/${api.version}`),
      ...api.operations.flatMap((each) => attached(each.policies, `operation ${each.id}`)),
    ]),
  ]
}

function attached(attachments: readonly Attachment[], at: string, ofSubscribers = false): Attached[] {
  return attachments.map((attachment) => ({ attachment, at, ofSubscribers }))
}
