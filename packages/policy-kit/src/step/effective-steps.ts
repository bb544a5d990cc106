import type { Attachment, Condition, Mode } from '@portcullis/model/attachment'
import type {
  Revision,
  RevisionAddressList,
  RevisionApi,
  RevisionOperation,
} from '@portcullis/model/revision'
import { comparePolicies, outerPhases } from '../phase.ts'
import type { AnyPolicy, Catalog, OperationPlace } from '../policy.ts'
import {
  type Attached,
  attachedToApi,
  attachedToOperation,
  attachedToOuter,
  type Level,
  levels,
} from './attached.ts'
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
export function arrange(catalog: Catalog, { revision, api, operation }: OperationPlace): Arrangement {
  return openArranger(catalog, revision, api)(operation)
}

/**
 * Arranges the operations of one API version. What they have in common, which for most of them is all but the facts of
 * their contract, is arranged once and not a thousand times.
 */
export function openArranger(
  catalog: Catalog,
  revision: Revision,
  api: RevisionApi,
): (operation: RevisionOperation) => Arrangement {
  const site = contractSite(revision, api)
  const readConfig = configReader()
  const prepareAll = (attached: readonly Attached[]): Prepared =>
    prepare(catalog, attached, revision, readConfig, site)
  const common = attachedToApi(revision, api)
  const usual = prepareAll(common)
  return (operation) => {
    const own = attachedToOperation(revision, api, operation)
    const prepared = own.length === 0 ? usual : prepareAll([...common, ...own])
    return withFacts(prepared, { revision, api, operation })
  }
}

/** The steps that also run where no operation matched. */
export function outerSteps(catalog: Catalog, revision: Revision): EffectiveStep[] {
  const outer = catalog.filter(
    ({ contract }) => outerPhases.includes(contract.phase) && contract.derive === undefined,
  )
  const { ordered } = prepare(outer, attachedToOuter(revision), revision, configReader())
  return ordered.map(({ step }) => step)
}

/** What one policy does for operations to which the same is attached. */
interface Part {
  readonly policy: AnyPolicy
  readonly mine: readonly Attached[]
  /** Without facts. */
  readonly steps: readonly EffectiveStep[]
  readonly lost: readonly LostAttachment[]
}

/** All that can be said of operations to which the same is attached before their facts are known. */
interface Prepared {
  readonly parts: readonly Part[]
  /** The steps of all parts in the order in which they run, and whose part it is. */
  readonly ordered: readonly { readonly step: EffectiveStep; readonly part: number }[]
}

function prepare(
  catalog: Catalog,
  attached: readonly Attached[],
  revision: Revision,
  readConfig: ConfigReader,
  site?: string,
): Prepared {
  const parts = catalog
    .map((policy) => partOf(policy, attached, revision, readConfig, site))
    .filter(({ steps, lost }) => steps.length + lost.length > 0)
  const place = new Map(attached.map((each, i) => [each.step, i]))
  const placeOf = ({ step }: EffectiveStep): number => place.get(step) ?? -1
  const ordered = parts
    .flatMap(({ steps }, part) => steps.map((step) => ({ step, part })))
    // What the list of phases does not tell apart runs as it is attached, from the widest level to the nearest.
    .toSorted(
      ({ step: a }, { step: b }) =>
        comparePolicies(a.policy.contract, b.policy.contract) || placeOf(a) - placeOf(b),
    )
  return { parts, ordered }
}

function withFacts({ parts, ordered }: Prepared, place: OperationPlace): Arrangement {
  const facts = parts.map(({ policy }) => policy.contract.derive?.(place))
  const isIdle = (part: number): boolean =>
    facts[part] === undefined && parts[part]?.policy.contract.derive !== undefined
  const steps: EffectiveStep[] = []
  for (const { step, part } of ordered) {
    if (!isIdle(part)) steps.push(facts[part] === undefined ? step : { ...step, facts: facts[part] })
  }
  return {
    steps,
    lost: parts.flatMap(({ mine, lost: losing }, part) =>
      isIdle(part) ? mine.map((each) => lost(each, undefined)) : losing,
    ),
  }
}

function partOf(
  policy: AnyPolicy,
  attached: readonly Attached[],
  { addressLists }: Revision,
  readConfig: ConfigReader,
  site: string | undefined,
): Part {
  const { id, stacking, derive, onlyAttached } = policy.contract
  const mine = attached.filter((each) => each.attachment.policy === id)
  const candidates =
    derive === undefined || onlyAttached === true ? mine : [...mine, defaults(id, `${site}/${id}`)]
  const { winners, losers } = stacking === 'nearest' ? nearest(candidates) : everyOne(mine, candidates)
  return {
    policy,
    mine,
    steps: winners.map(({ of, replacedFor }) => ({
      policy,
      config: readConfig(policy, of.attachment),
      mode: of.attachment.mode,
      failOpen: of.attachment.failOpen,
      level: of.level,
      origin: of.origin,
      step: of.step,
      reach: of.reach,
      replacedFor,
      facts: undefined,
      expressions: of.attachment.expressions ?? [],
      addressLists,
    })),
    lost: losers.filter(({ of }) => of.level !== 'contract').map(({ of, to }) => lost(of, to.origin)),
  }
}

type ConfigReader = (policy: AnyPolicy, attachment: Attachment) => unknown

/** Reads the config of an attachment once, for however many operations it is meant. */
function configReader(): ConfigReader {
  const known = new Map<Attachment, unknown>()
  return ({ contract }, attachment) => {
    if (!known.has(attachment)) known.set(attachment, contract.config.parse(attachment.config))
    return known.get(attachment)
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
function contractSite({ organization, environment }: Revision, { api, version }: RevisionApi): string {
  return `${organization}/${environment}/contract/${api}/${version}`
}
