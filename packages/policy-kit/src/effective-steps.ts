import type { Attachment, Mode } from '@portcullis/model/attachment'
import type { Revision } from '@portcullis/model/revision'
import { comparePolicies, outerPhases } from './phase.ts'
import type { AnyPolicy, Catalog, OperationPlace } from './policy.ts'

/** The level from which a step comes, widest first. */
export const levels = ['contract', 'environment', 'api', 'plan', 'operation'] as const
export type Level = (typeof levels)[number]

export interface PlanName {
  readonly product: string
  readonly plan: string
}

/** A step as it will run, and where it came from; not yet bound. */
export interface EffectiveStep {
  readonly policy: AnyPolicy
  readonly config: unknown
  readonly mode: Mode
  readonly failOpen: boolean
  readonly level: Level
  /** In words: `contract`, `environment production`, `plan warehouse/gold`, `operation orderItem`. */
  readonly origin: string
  /** Unique name of the attachment. */
  readonly step: string
  /** Its place among the attachments of one level, as they are written. */
  readonly index: number
  /** The step runs only for subscribers of this plan. */
  readonly plan?: PlanName
  /** The step does not run for subscribers of these plans: their plan has its own in its place. */
  readonly exceptPlans?: readonly PlanName[]
  readonly facts: unknown
}

interface Attached {
  readonly attachment: Attachment
  readonly level: Level
  readonly origin: string
  readonly step: string
  readonly index: number
  readonly plan?: PlanName
  readonly exceptPlans?: readonly PlanName[]
}

/** The steps of an operation in the order in which they run. */
export function effectiveSteps(catalog: Catalog, place: OperationPlace): EffectiveStep[] {
  return sorted(
    catalog.flatMap((policy) =>
      stepsOf(policy, attachedTo(place), policy.contract.derive?.(place), contractSite(place)),
    ),
  )
}

/** The steps that also run where no operation matched. */
export function outerSteps(catalog: Catalog, revision: Revision): EffectiveStep[] {
  const outer = catalog.filter(
    (policy) => outerPhases.includes(policy.contract.phase) && !policy.contract.derive,
  )
  return sorted(outer.flatMap((policy) => stepsOf(policy, attachedToEnvironment(revision), undefined, '')))
}

function stepsOf(
  policy: AnyPolicy,
  attached: readonly Attached[],
  facts: unknown,
  contract: string,
): EffectiveStep[] {
  const mine = attached.filter((each) => each.attachment.policy === policy.contract.id)
  if (policy.contract.derive !== undefined && facts === undefined) return []
  if (mine.length === 0) return facts === undefined ? [] : [derivedStep(policy, facts, contract)]
  const winners = policy.contract.stacking === 'nearest' ? nearest(mine) : mine
  return winners.map((each) => ({
    policy,
    config: policy.contract.config.parse(each.attachment.config),
    mode: each.attachment.mode,
    failOpen: each.attachment.failOpen,
    level: each.level,
    origin: each.origin,
    step: each.step,
    index: each.index,
    facts,
    ...(each.plan && { plan: each.plan }),
    ...(each.exceptPlans && { exceptPlans: each.exceptPlans }),
  }))
}

/**
 * What is closest to the operation wins, for every caller on their own: an attachment of a plan replaces the wider
 * ones for subscribers of that plan and for nobody else.
 */
function nearest(mine: readonly Attached[]): Attached[] {
  const ofOperation = mine.findLast((each) => each.level === 'operation')
  if (ofOperation !== undefined) return [ofOperation]
  const ofPlans = new Map(
    mine.flatMap((each) => (each.plan ? [[`${each.plan.product}/${each.plan.plan}`, each] as const] : [])),
  )
  const planned = [...ofPlans.values()]
  const exceptPlans = planned.flatMap((each) => each.plan ?? [])
  const wide = mine.findLast((each) => each.plan === undefined)
  return [...(wide ? [{ ...wide, ...(planned.length > 0 && { exceptPlans }) }] : []), ...planned]
}

function derivedStep(policy: AnyPolicy, facts: unknown, contract: string): EffectiveStep {
  const { id, config } = policy.contract
  return {
    policy,
    config: config.parse({}),
    mode: 'enforce',
    failOpen: false,
    level: 'contract',
    origin: 'contract',
    step: `${contract}/${id}`,
    index: 0,
    facts,
  }
}

/** By policy, then from the widest level to the nearest, then as they are written. */
function sorted(steps: EffectiveStep[]): EffectiveStep[] {
  const width = (step: EffectiveStep): number => levels.indexOf(step.level)
  return steps.toSorted(
    (a, b) =>
      comparePolicies(a.policy.contract, b.policy.contract) || width(a) - width(b) || a.index - b.index,
  )
}

/** A contract stands for an attachment to its API version. */
function contractSite({ revision, api }: OperationPlace): string {
  return `${revision.organization}/${revision.environment}/contract/${api.api}/${api.version}`
}

/** Widest first, so that the last one is the nearest. */
function attachedTo({ revision, api, operation }: OperationPlace): Attached[] {
  const base = `${revision.organization}/${revision.environment}`
  const version = `${api.api}/${api.version}`
  return [
    ...attachedToEnvironment(revision),
    ...at('api', `api ${version}`, `${base}/api/${version}`, api.policies),
    ...plansOf(revision, api).flatMap(({ product, plan, policies }) =>
      at('plan', `plan ${product}/${plan}`, `${base}/plan/${product}/${plan}`, policies, { product, plan }),
    ),
    ...at(
      'operation',
      `operation ${operation.id}`,
      `${base}/operation/${version}/${operation.id}`,
      operation.policies,
    ),
  ]
}

function attachedToEnvironment(revision: Revision): Attached[] {
  const base = `${revision.organization}/${revision.environment}`
  return at('environment', `environment ${revision.environment}`, base, revision.policies)
}

function at(
  level: Level,
  origin: string,
  base: string,
  attachments: readonly Attachment[],
  plan?: PlanName,
): Attached[] {
  return attachments.map((attachment, index) => ({
    attachment,
    level,
    origin,
    step: `${base}/${attachment.policy}.${index}`,
    index,
    ...(plan && { plan }),
  }))
}

/** Plans under which somebody can call this API version. */
function plansOf(revision: Revision, api: OperationPlace['api']): Revision['plans'] {
  const offering = new Set(
    revision.subscriptions
      .filter((each) => each.apis.some((one) => one.api === api.api && one.version === api.version))
      .map((each) => each.product),
  )
  return revision.plans.filter((plan) => offering.has(plan.product))
}
