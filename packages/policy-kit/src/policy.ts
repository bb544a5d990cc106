import type { FaultFamily } from '@portcullis/kernel/fault'
import type { JsonObject } from '@portcullis/kernel/json'
import type { Issue, z } from '@portcullis/kernel/schema'
import type { Mode } from '@portcullis/model/attachment'
import type { ResourceMetadata } from '@portcullis/model/protected-resource'
import type { Revision, RevisionApi, RevisionOperation } from '@portcullis/model/revision'
import type { SecurityScheme } from '@portcullis/model/security'
import type { ApiKeys } from '@portcullis/ports/api-keys/port'
import type { Assertions } from '@portcullis/ports/assertions/port'
import type { Clock } from '@portcullis/ports/clock/port'
import type { Counters } from '@portcullis/ports/counters/port'
import type { Countries } from '@portcullis/ports/countries/port'
import type { Generations } from '@portcullis/ports/generations/port'
import type { Identities } from '@portcullis/ports/identities/port'
import type { Keys } from '@portcullis/ports/keys/port'
import type { Revocations } from '@portcullis/ports/revocations/port'
import type { Risk } from '@portcullis/ports/risk/port'
import type { Tokens } from '@portcullis/ports/tokens/port'
import type { Vault } from '@portcullis/ports/vault/port'
import type { Web } from '@portcullis/ports/web/port'
import type { BoundExpression } from './condition/bind-expression.ts'
import type { ExpressionIn } from './condition/expression-in.ts'
import type { Exchange } from './exchange.ts'
import type { Reply } from './message/reply.ts'
import type { Phase } from './phase.ts'
import type { Surroundings } from './step/surroundings.ts'
import type { Verdict } from './verdict.ts'

/** The ports that a policy may ask for. */
export interface Ports {
  readonly counters: Counters
  readonly clock: Clock
  readonly keys: Keys
  readonly revocations: Revocations
  readonly apiKeys: ApiKeys
  readonly identities: Identities
  readonly assertions: Pick<Assertions, 'verify'>
  readonly web: Web
  readonly tokens: Tokens
  readonly vault: Vault
  readonly countries: Countries
  readonly generations: Generations
  readonly risk: Risk
}

/** How much of a request's body a step must see. Bodies that nobody needs are streamed. */
export type BodyNeed =
  | { readonly need: 'none' }
  /** The first bytes, or all of a shorter body; the rest is streamed. */
  | { readonly need: 'prefix'; readonly bytes: number }
  /** All of it; a longer body is refused with 413. */
  | { readonly need: 'whole'; readonly maxBytes: number }
  /** Nothing ahead: it may watch the body as it passes (`Changes.watchBody`); a longer one is refused with 413, or broken off. */
  | { readonly need: 'stream'; readonly maxBytes: number }

/** An operation in its revision: what a policy can derive its facts from. */
export interface OperationPlace {
  readonly revision: Revision
  readonly api: RevisionApi
  readonly operation: RevisionOperation
}

/** Everything that can be said about a policy without running it. Safe to load in a browser. */
export interface PolicyContract<Config, Facts = undefined> {
  /** Folder name, config key, docs page, metric label, commit scope. */
  readonly id: string
  /** One sentence for the operator: what it protects from. */
  readonly summary: string
  readonly phase: Phase
  /**
   * What wins where the policy is attached on several levels: `nearest`, the attachment closest to the operation
   * alone; `every`, each of them runs.
   */
  readonly stacking: 'nearest' | 'every'
  readonly config: z.ZodType<Config>
  readonly faults: FaultFamily
  readonly body: BodyNeed
  /** Whether an operator may choose that a call passes when the policy itself fails. */
  readonly mayFailOpen: boolean
  /**
   * Facts of the model that the policy enforces. Where they are not `undefined` the policy runs without being
   * attached; an attachment then only sets its config and mode. Computed once per operation when publishing and
   * when loading.
   */
  readonly derive?: (place: OperationPlace) => Facts | undefined
  /** The policy can do nothing without a config: although facts are derived it runs only where it is attached. */
  readonly onlyAttached?: true
  /**
   * Of an authenticating policy: whether it can establish the identity that a security scheme speaks of. A contract
   * that demands a scheme which no policy of the catalogue satisfies is refused when publishing.
   */
  readonly satisfies?: (scheme: SecurityScheme) => boolean
  /** The expressions that stand in a config: they are parsed when publishing, and bound by `site.expression`. */
  expressions?(config: Config): readonly ExpressionIn[]
  /**
   * What a config can't mean where it is attached, beyond what its schema can tell: it names what is not there. Paths are
   * those within the config. Asked when publishing and again when loading; what is objected to is refused.
   */
  objections?(config: Config, surroundings: Surroundings): readonly Issue[]
  /** What a config asks of callers and calls, for those who look for the policies that mention it. */
  mentions?(config: Config): PolicyMentions
  /** Why no call at all can pass, in words; `undefined` where some may. Told to operators, never asked of a call. */
  impasse?(standing: Standing<Config, Facts>): string | undefined
  /** What a config allows that is dangerous though permitted: each place within the config, and what follows. Warned of. */
  dangers?(config: Config): readonly Danger[]
  /** Of a policy that takes access tokens: what clients should know of an API that it protects (RFC 9728 §2). */
  resourceMetadata?(config: Config, facts: Facts): ResourceMetadata
  /** Something that everybody may know of an API version, at `/.well-known/<name>` before its base path (RFC 8615). */
  wellKnown?(config: Config, facts: Facts): WellKnown
}

/** A document that machines look for at a place that they know. */
export interface WellKnown {
  readonly name: string
  readonly document: JsonObject
}

/** What the config of a policy names. */
export interface PolicyMentions {
  /** As conditions write them: `context.country`. */
  readonly attributes?: readonly string[]
  readonly roles?: readonly string[]
  readonly groups?: readonly string[]
  readonly scopes?: readonly string[]
}

/** All that a policy does for an operation, whatever the call carries. */
export interface Standing<Config, Facts> {
  /** Of every attachment that is enforced for all calls of the operation. */
  readonly configs: readonly Config[]
  readonly facts: Facts
  readonly place: OperationPlace
  /** Whether some policy that runs there can establish the identity that a security scheme speaks of. */
  readonly establishes: (scheme: string) => boolean
}

export interface Danger {
  readonly path: readonly (string | number)[]
  readonly detail: string
}

/** Where a bound policy stands. */
export interface Site<Facts> {
  /** Names the attachment, unique in the installation: the prefix of counter keys. */
  readonly step: string
  readonly facts: Facts
  /** For policies of which calls wait for each other: none may wait for one that is only observed. */
  readonly mode: Mode
  /** One of the expressions in the config, by its text, ready to be asked about calls. */
  expression(text: string): BoundExpression
  /**
   * The entries of an address list, the same array wherever it is named; `undefined` where they are not known yet. Throws a
   * RangeError where there is no such list.
   */
  addressList(name: string): readonly string[] | undefined
}

/**
 * A policy. Its life: the config is checked when publishing and again when a revision is loaded; `bind` then runs
 * once per attachment (and per operation, where facts are derived) and computes all that can be computed; the bound
 * policy runs per call and allocates little.
 */
export interface Policy<Config, Facts = undefined, Needs extends keyof Ports = never> {
  readonly contract: PolicyContract<Config, Facts>
  /** The ports it uses. To touch another is a compile error. */
  readonly needs: readonly Needs[]
  bind(config: Config, ports: Pick<Ports, Needs>, site: Site<Facts>): BoundPolicy
}

/** Public keys (JWK, RFC 7517) that the gateway publishes at a path of every host, in one set with those of others there. */
export interface PublishedKeys {
  readonly path: string
  readonly keys: readonly Readonly<Record<string, unknown>>[]
}

export interface BoundPolicy {
  readonly publishes?: PublishedKeys
  /** What it needs of the body under its config, where that is less than its contract says. */
  readonly body?: BodyNeed
  /** Its answer, or a promise of it where something is truly awaited. */
  onRequest?(x: Exchange): Verdict | Promise<Verdict>
  /** Changes a reply on its way out, whoever made it: also a refusal, also one of an earlier step. Must not throw. */
  onReply?(x: Exchange, reply: Reply): void
}

/** A policy of unknown config and facts, as the catalogue holds it. */
export interface AnyPolicy {
  readonly contract: Omit<
    PolicyContract<unknown, unknown>,
    'config' | 'derive' | 'resourceMetadata' | 'expressions' | 'dangers'
  > & {
    readonly config: z.ZodType
    readonly derive?: (place: OperationPlace) => unknown
    resourceMetadata?(config: unknown, facts: unknown): ResourceMetadata
    expressions?(config: unknown): readonly ExpressionIn[]
    dangers?(config: unknown): readonly Danger[]
  }
  readonly needs: readonly (keyof Ports)[]
  bind(config: unknown, ports: Ports, site: Site<unknown>): BoundPolicy
}

export type Catalog = readonly AnyPolicy[]

/** Puts a policy into a catalogue: the one place where its config's and facts' types are let go. */
export function anyPolicy<Config, Facts, Needs extends keyof Ports>(
  policy: Policy<Config, Facts, Needs>,
): AnyPolicy {
  return policy as unknown as AnyPolicy
}

export function policyOf(catalog: Catalog, id: string): AnyPolicy | undefined {
  return catalog.find((policy) => policy.contract.id === id)
}
