import type { Condition, Mode } from '@portcullis/model/attachment'
import type { Revision, RevisionAddressList } from '@portcullis/model/revision'
import { type Attached, attachedTo, attachedToOuter, type Level, levels } from './attached.ts'
import { comparePolicies, outerPhases } from './phase.ts'
import type { AnyPolicy, Catalog, OperationPlace } from './policy.ts'
import { covers, overlaps, type Reach } from './reach.ts'

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
  /** The calls for which it is meant. */
  readonly reach: Reach
  /** Of those, the calls for which a nearer attachment of the same policy runs in its place. */
  readonly replacedFor: readonly Reach[]
  readonly facts: unknown
  /** Those in its config, parsed. */
  readonly expressions: readonly Condition[]
  /** All that there are in the revision. */
  readonly addressLists: readonly RevisionAddressList[]
}

/** An attachment that runs for no call of an operation. */
export interface LostAttachment {
  readonly policy: string
  readonly origin: string
  readonly mode: Mode
  /** Origin of the nearer attachment that runs in its place; `undefined` where the contract gives it nothing to do. */
  readonly lostTo: string | undefined
}

export interface Arrangement {
  /** In the order in which they run. */
  readonly steps: EffectiveStep[]
  readonly lost: LostAttachment[]
}

/** The steps of an operation in the order in which they run. */
export function effectiveSteps(catalog: Catalog, place: OperationPlace): EffectiveStep[] {
  return arrange(catalog, place).steps
}

/** The steps of an operation, and what is attached to it and never runs. */
export function arrange(catalog: Catalog, place: OperationPlace): Arrangement {
  return together(catalog, attachedTo(place), (policy, mine) => {
    const facts = policy.contract.derive?.(place)
    if (policy.contract.derive === undefined) return chosen(policy, mine, place.revision)
    if (facts === undefined) return { steps: [], lost: mine.map((each) => lost(each, undefined)) }
    return chosen(policy, mine, place.revision, {
      facts,
      step: `${contractSite(place)}/${policy.contract.id}`,
    })
  })
}

/** The steps that also run where no operation matched. */
export function outerSteps(catalog: Catalog, revision: Revision): EffectiveStep[] {
  const outer = catalog.filter(
    ({ contract }) => outerPhases.includes(contract.phase) && contract.derive === undefined,
  )
  return together(outer, attachedToOuter(revision), (policy, mine) => chosen(policy, mine, revision)).steps
}

function together(
  catalog: Catalog,
  attached: readonly Attached[],
  arrangeOne: (policy: AnyPolicy, mine: readonly Attached[]) => Arrangement,
): Arrangement {
  const all = catalog.map((policy) =>
    arrangeOne(
      policy,
      attached.filter((each) => each.attachment.policy === policy.contract.id),
    ),
  )
  const place = new Map(attached.map((each, i) => [each.step, i]))
  const placeOf = ({ step }: EffectiveStep): number => place.get(step) ?? -1
  return {
    // What the list of phases does not tell apart runs as it is attached, from the widest level to the nearest.
    steps: all
      .flatMap(({ steps }) => steps)
      .toSorted((a, b) => comparePolicies(a.policy.contract, b.policy.contract) || placeOf(a) - placeOf(b)),
    lost: all.flatMap((each) => each.lost),
  }
}

/** What a contract asks of a policy. */
interface Derived {
  readonly facts: unknown
  readonly step: string
}

function chosen(
  policy: AnyPolicy,
  mine: readonly Attached[],
  { addressLists }: Revision,
  derived?: Derived,
): Arrangement {
  const { id, config, stacking } = policy.contract
  const candidates =
    derived === undefined || policy.contract.onlyAttached === true
      ? mine
      : [...mine, defaults(id, derived.step)]
  const { winners, losers } = stacking === 'nearest' ? nearest(candidates) : everyOne(mine, candidates)
  return {
    steps: winners.map(({ of, replacedFor }) => ({
      policy,
      config: config.parse(of.attachment.config),
      mode: of.attachment.mode,
      failOpen: of.attachment.failOpen,
      level: of.level,
      origin: of.origin,
      step: of.step,
      reach: of.reach,
      replacedFor,
      facts: derived?.facts,
      expressions: of.attachment.expressions ?? [],
      addressLists,
    })),
    lost: losers.filter(({ of }) => of.level !== 'contract').map(({ of, to }) => lost(of, to.origin)),
  }
}

/** A contract's own demand: the widest attachment of all, with the defaults of the policy's config. */
function defaults(policy: string, step: string): Attached {
  return {
    attachment: { policy, mode: 'enforce', failOpen: false, config: {} },
    level: 'contract',
    origin: 'contract',
    step,
    reach: {},
  }
}

interface Choice {
  readonly winners: { readonly of: Attached; readonly replacedFor: readonly Reach[] }[]
  readonly losers: { readonly of: Attached; readonly to: Attached }[]
}

/** Each of them runs; what the contract demands runs by itself only where nobody attached the policy. */
function everyOne(mine: readonly Attached[], candidates: readonly Attached[]): Choice {
  const running = mine.length === 0 ? candidates : mine
  return { winners: running.map((of) => ({ of, replacedFor: [] })), losers: [] }
}

/**
 * For each call the nearest attachment that is meant for it, and that one alone: what is for the subscribers of a plan
 * replaces the wider ones for them and for nobody else. `attached` holds the widest first; on one level the first that
 * is written counts.
 */
function nearest(attached: readonly Attached[]): Choice {
  const choice: Choice = { winners: [], losers: [] }
  for (const of of byNearness(attached)) {
    const nearer = choice.winners.map((each) => each.of)
    const to = nearer.find((each) => covers(each.reach, of.reach))
    if (to !== undefined) choice.losers.push({ of, to })
    else {
      const replacedFor = nearer.map((each) => each.reach).filter((each) => overlaps(each, of.reach))
      choice.winners.push({ of, replacedFor })
    }
  }
  return choice
}

function byNearness(attached: readonly Attached[]): Attached[] {
  const level = ({ level }: Attached): number => levels.indexOf(level)
  return attached.toSorted((a, b) => level(b) - level(a))
}

function lost({ attachment, origin }: Attached, lostTo: string | undefined): LostAttachment {
  return { policy: attachment.policy, origin, mode: attachment.mode, lostTo }
}

/** A contract stands for an attachment to its API version. */
function contractSite({ revision, api }: OperationPlace): string {
  return `${revision.organization}/${revision.environment}/contract/${api.api}/${api.version}`
}
