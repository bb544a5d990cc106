import type { Problem } from '@portcullis/cedar/source'
import { meant } from '@portcullis/kernel/nearest'
import { type Issue, issuesOf, pointer } from '@portcullis/kernel/schema'
import type { AttachmentDeclaration } from '@portcullis/model/attachment'
import type { Finding } from '@portcullis/model/finding/finding'
import type { Resource } from '@portcullis/model/resource/resource'
import { objectionsToCondition } from '@portcullis/policy-kit/condition/check-condition'
import { expressionsIn } from '@portcullis/policy-kit/condition/expression-in'
import { isAfterSubscribe, type Phase } from '@portcullis/policy-kit/phase'
import { type AnyPolicy, type Catalog, policyOf } from '@portcullis/policy-kit/policy'
import type { Landscape } from '../state/landscape.ts'
import { type Attached, attachedIn } from './attached.ts'
import { type Check, found } from './check.ts'
import { modelFaults, warnings } from './fault.ts'
import { surroundingsOf } from './surroundings.ts'

export const checkAttachments: Check = (landscape, catalog) =>
  attachedIn(landscape).flatMap((attached) => [
    ...attached.attachments.flatMap((attachment, i) => {
      const at = [...attached.at, i]
      const policy = policyOf(catalog, attachment.policy)
      if (policy !== undefined) return checkAttachment(landscape, attached, at, attachment, policy, catalog)
      const known = catalog.map((each) => each.contract.id)
      const detail = `There is no policy "${attachment.policy}"; there are ${known.join(', ')}.${meant(attachment.policy, known)}`
      return [found(landscape, attached.resource, [...at, 'policy'], modelFaults['unknown-policy'], detail)]
    }),
    ...duplicates(landscape, attached, catalog),
  ])

function checkAttachment(
  landscape: Landscape,
  attached: Attached,
  at: readonly PropertyKey[],
  attachment: AttachmentDeclaration,
  { contract }: AnyPolicy,
  catalog: Catalog,
): Finding[] {
  const { resource } = attached
  const findings: Finding[] = []
  if (attachment.failOpen && !contract.mayFailOpen) {
    const detail = `The policy "${contract.id}" refuses calls when it fails, whatever is declared.`
    findings.push(found(landscape, resource, [...at, 'failOpen'], modelFaults['may-not-fail-open'], detail))
  }
  if ((resource.kind === 'Product' || resource.kind === 'Plan') && !isAfterSubscribe(contract.phase)) {
    const detail = `The policy "${contract.id}" runs before it is known to what the caller subscribes.`
    findings.push(found(landscape, resource, [...at, 'policy'], modelFaults['not-for-plans'], detail))
  }
  findings.push(...conditionFindings(landscape, resource, [...at, 'when'], attachment, contract))
  return [
    ...findings,
    ...configFindings(landscape, attached, [...at, 'config'], attachment, contract),
    ...expressionFindings(landscape, resource, [...at, 'config'], attachment, contract, catalog),
  ]
}

function conditionFindings(
  landscape: Landscape,
  resource: Resource,
  at: readonly PropertyKey[],
  { when }: AttachmentDeclaration,
  { phase }: AnyPolicy['contract'],
): Finding[] {
  if (when === undefined) return []
  const findings = findingsOfText(landscape, resource, at, when, phase)
  const parsed = landscape.condition(when)
  if (findings.length > 0 || !parsed.ok) return findings
  return parsed.slips.map((slip): Finding => {
    return { ...found(landscape, resource, at, warnings['type-slip'], inWords(slip)), severity: 'warning' }
  })
}

function expressionFindings(
  landscape: Landscape,
  resource: Resource,
  at: readonly PropertyKey[],
  attachment: AttachmentDeclaration,
  { phase }: AnyPolicy['contract'],
  catalog: Catalog,
): Finding[] {
  return expressionsIn(catalog, attachment).flatMap(({ path, text }) =>
    findingsOfText(landscape, resource, [...at, ...path], text, phase),
  )
}

function findingsOfText(
  landscape: Landscape,
  resource: Resource,
  at: readonly PropertyKey[],
  text: string,
  phase: Phase,
): Finding[] {
  const parsed = landscape.condition(text)
  const told = parsed.ok ? objectionsToCondition(parsed.value, phase) : parsed.problems.map(inWords)
  return told.map((detail) => found(landscape, resource, at, modelFaults['bad-condition'], detail))
}

function inWords({ message, line, column }: Problem): string {
  return line === undefined ? message : `${message} (line ${line}, column ${column ?? 1})`
}

function configFindings(
  landscape: Landscape,
  attached: Attached,
  at: readonly PropertyKey[],
  attachment: AttachmentDeclaration,
  contract: AnyPolicy['contract'],
): Finding[] {
  const refused = ({ path, message, remedy }: Issue): Finding =>
    found(landscape, attached.resource, path, modelFaults['bad-config'], `${contract.id}: ${message}`, remedy)
  const issues = issuesOf(contract.config, attachment.config, pointer(at))
  if (issues.length > 0 || contract.objections === undefined) return issues.map(refused)
  return contract
    .objections(contract.config.parse(attachment.config), surroundingsOf(landscape, attached))
    .map((issue) => refused({ ...issue, path: pointer(at) + issue.path }))
}

function duplicates(
  landscape: Landscape,
  { resource, at, attachments }: Attached,
  catalog: Catalog,
): Finding[] {
  return attachments.flatMap(({ policy }, i) => {
    // One with a condition leaves calls to those after it.
    const isHidden = attachments.slice(0, i).some((each) => each.policy === policy && each.when === undefined)
    if (!isHidden || policyOf(catalog, policy)?.contract.stacking !== 'nearest') return []
    const detail = `"${policy}" is already attached here.`
    return [found(landscape, resource, [...at, i, 'policy'], modelFaults['duplicate-policy'], detail)]
  })
}
