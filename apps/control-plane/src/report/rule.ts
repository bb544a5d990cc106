import type { ReportedPolicy } from '@portcullis/api-client/route/policy-report'
import { type Mentions, mentionsOf, mentionsOfExpression } from '@portcullis/cedar/analysis/mention'
import { holdingOf } from '@portcullis/cedar/analysis/operation'
import type { EstExpression, EstPolicy } from '@portcullis/cedar/est'
import type { Condition } from '@portcullis/model/attachment'
import type { Revision } from '@portcullis/model/revision'
import { scopesOf } from '@portcullis/model/security'
import { callHierarchy } from '@portcullis/policy-kit/condition/cedar-operation'
import { type Catalog, type PolicyMentions, policyOf } from '@portcullis/policy-kit/policy'
import { type Attached, attachedTo, attachedToOuter } from '@portcullis/policy-kit/step/attached'
import type { ServedOperation } from './served-operation.ts'

/** A rule of a revision: what it says, and the operations for which it may hold. */
export interface Rule {
  readonly told: Omit<ReportedPolicy, 'apis' | 'operations'>
  readonly operations: ReadonlySet<ServedOperation>
}

/** Cedar policies first, then attachments from the widest level to the nearest, then what contracts demand. */
export function rulesOf(catalog: Catalog, revision: Revision, served: readonly ServedOperation[]): Rule[] {
  return [
    ...cedarRules(revision, served),
    ...attachmentRules(catalog, revision, served),
    ...contractRules(served),
  ]
}

function cedarRules({ policySets }: Revision, served: readonly ServedOperation[]): Rule[] {
  return policySets.flatMap(({ policySet, apis, policies }) => {
    const here = apis === undefined ? served : served.filter(({ api }) => apis.includes(api.api))
    return policies.map(({ id, policy }): Rule => {
      const mayHold = holdingOf(policy as EstPolicy, callHierarchy)
      return {
        told: {
          kind: 'cedar',
          name: `${policySet}/${id}`,
          effect: policy.effect,
          ...mentioned(mentionsOf(policy as EstPolicy)),
        },
        operations: new Set(here.filter(({ asked }) => mayHold(asked))),
      }
    })
  })
}

function attachmentRules(catalog: Catalog, revision: Revision, served: readonly ServedOperation[]): Rule[] {
  const found = new Map<string, { readonly attached: Attached; readonly at: Set<ServedOperation> }>()
  // What stands at the edge is there, although nothing may be served.
  for (const attached of attachedToOuter(revision)) found.set(attached.step, { attached, at: new Set() })
  for (const operation of served) {
    for (const attached of operation.places.flatMap(attachedTo)) {
      const known = found.get(attached.step) ?? { attached, at: new Set() }
      known.at.add(operation)
      found.set(attached.step, known)
    }
  }
  return [...found.values()].map(({ attached, at }) => attachmentRule(catalog, attached, at))
}

function attachmentRule(catalog: Catalog, attached: Attached, at: ReadonlySet<ServedOperation>): Rule {
  const { policy, mode, when, config, expressions = [] } = attached.attachment
  const contract = policyOf(catalog, policy)?.contract
  const ofConfig = contract?.mentions?.(contract.config.parse(config)) ?? {}
  const ofCondition = when === undefined ? {} : mentionedIn(when)
  const mayHold = when === undefined ? undefined : holdingOf(holdingWhen(when.expression), callHierarchy)
  return {
    told: {
      kind: 'attachment',
      name: `${policy} from ${attached.origin}`,
      mode,
      ...(when && { when: when.text }),
      ...together(ofConfig, ofCondition, ...expressions.map(mentionedIn)),
    },
    operations: mayHold === undefined ? at : new Set([...at].filter(({ asked }) => mayHold(asked))),
  }
}

function mentionedIn({ expression }: Condition): Mentioned {
  return mentioned(mentionsOfExpression(expression as EstExpression))
}

const ALL = { op: 'All' }

/** A policy that holds where the condition does. */
function holdingWhen(body: EstExpression): EstPolicy {
  return {
    effect: 'permit',
    principal: ALL,
    action: ALL,
    resource: ALL,
    conditions: [{ kind: 'when', body }],
  }
}

/** One for each requirement of an API version, not for each operation that has it. */
function contractRules(served: readonly ServedOperation[]): Rule[] {
  const demands = Map.groupBy(
    served.filter(({ operation }) => operation.security.length > 0),
    ({ api, operation }) => `${api.api}/${api.version} ${JSON.stringify(operation.security)}`,
  )
  return [...demands.values()].flatMap((alike): Rule[] => {
    const [first] = alike
    if (first === undefined) return []
    const { api, operation } = first
    const scopes = [...scopesOf(operation.security)].toSorted()
    const demand = scopes.length === 0 ? 'credentials' : scopes.join(', ')
    return [
      {
        told: {
          kind: 'contract',
          name: `${demand} of ${api.api}/${api.version}`,
          ...together({ attributes: ['context.scopes'], scopes }),
        },
        operations: new Set(alike),
      },
    ]
  })
}

type Mentioned = Pick<ReportedPolicy, 'attributes' | 'roles' | 'groups' | 'scopes' | 'dataClasses'>

function mentioned({ attributes, entities, values }: Mentions): Mentioned {
  const ids = (type: string): string[] => entities.flatMap((each) => (each.type === type ? [each.id] : []))
  const comparedWith = (...paths: string[]): string[] =>
    values.flatMap(({ attribute, value }) => (paths.includes(attribute) ? [value] : []))
  return together({
    attributes,
    roles: [...ids('Role'), ...comparedWith('context.roles')],
    groups: [...ids('Group'), ...comparedWith('context.groups')],
    scopes: comparedWith('context.scopes'),
    dataClasses: comparedWith('context.dataClasses', 'resource.classification'),
  })
}

function together(...all: (PolicyMentions & { readonly dataClasses?: readonly string[] })[]): Mentioned {
  const named = (key: keyof Mentioned): string[] =>
    [...new Set(all.flatMap((each) => each[key] ?? []))].toSorted()
  return {
    attributes: named('attributes').filter(isWhole),
    roles: named('roles'),
    groups: named('groups'),
    scopes: named('scopes'),
    dataClasses: named('dataClasses'),
  }
}

/** `context.claims.country` says all that `context.claims` does. */
function isWhole(path: string, _: number, all: readonly string[]): boolean {
  return !all.some((other) => other.startsWith(`${path}.`))
}
