import { mentionsOfExpression } from '@portcullis/cedar/analysis/mention'
import { compileCondition } from '@portcullis/cedar/compile-condition'
import { EvaluationError } from '@portcullis/cedar/evaluation-error'
import type { CedarRequest } from '@portcullis/cedar/request'
import type { TokenOutcome } from '@portcullis/model/resource/token-rules'
import type { PreparedRule, PreparedRuleSet, PreparedTokenRules } from '@portcullis/model/token-rules'
import { type CustomRules, noCustomRules } from './custom-rules.ts'
import { Judgement } from './judgement.ts'
import type { Ruling } from './ruling.ts'
import type { TokenAsked } from './token-asked.ts'

/** The rules of an organization, ready to be asked. */
export interface TokenRules {
  /** What they need to know that has to be found out first. */
  readonly asks: {
    readonly risk: boolean
    readonly country: boolean
    readonly entitlements: boolean
  }
  /** Answers at once, unless a rule in TypeScript is asked. */
  rule(asked: TokenAsked): Ruling | Promise<Ruling>
}

interface BoundRule {
  readonly name: string
  readonly holds: ((request: CedarRequest) => boolean) | undefined
  readonly outcome: TokenOutcome | undefined
  readonly custom: string | undefined
  /** Its answer depends on who asks from where: a browser and the server of an app may get different ones. */
  readonly looksAtCaller: boolean
}

/** Of the vocabulary: what is another one's at the authorization endpoint. */
const CALLER = ['context.address', 'context.country', 'context.userAgent', 'context.risk']

interface BoundSet {
  readonly origin: string
  readonly apis: ReadonlySet<string> | undefined
  /** By the scope: who may have it. */
  readonly roles: ReadonlyMap<string, ReadonlySet<string>>
  readonly groups: ReadonlyMap<string, ReadonlySet<string>>
  readonly governed: ReadonlySet<string>
  readonly rules: readonly BoundRule[]
}

/** Compiles all that can be compiled: asking is a matter of microseconds. Throws `cedar.unsupported`. */
export function bindTokenRules(
  prepared: PreparedTokenRules,
  custom: CustomRules = noCustomRules,
): TokenRules {
  const sets = prepared.sets.map(bindSet)
  const rules = prepared.sets.flatMap((each) => each.rules)
  const words = new Set(
    rules.flatMap(({ condition }) =>
      condition === undefined ? [] : mentionsOfExpression(condition).attributes,
    ),
  )
  const isOpen = rules.some((each) => each.custom !== undefined)
  return {
    asks: {
      risk: isOpen || words.has('context.risk'),
      country: isOpen || words.has('context.country'),
      entitlements: isOpen || sets.some(needsEntitlements),
    },
    rule(asked) {
      const judgement = new Judgement(asked)
      const meant = sets.filter(({ apis }) => apis === undefined || apis.has(asked.api ?? ''))
      for (const set of meant) dropForeignScopes(judgement, set, asked)
      return askRules(judgement, inOrder(meant), custom)
    },
  }
}

/** Whether something that was given in advance could matter. */
function needsEntitlements({ governed, rules }: BoundSet): boolean {
  return governed.size > 0 || rules.some(({ outcome }) => outcome?.approval !== undefined)
}

function bindSet({ name, apis, roles, groups, rules }: PreparedRuleSet): BoundSet {
  const byRole = holdersOf(roles)
  const byGroup = holdersOf(groups)
  return {
    origin: `TokenRules ${name}`,
    apis: apis === undefined ? undefined : new Set(apis),
    roles: byRole,
    groups: byGroup,
    governed: new Set([...byRole.keys(), ...byGroup.keys()]),
    rules: rules.map(bindRule),
  }
}

function bindRule({ name, condition, outcome, custom }: PreparedRule): BoundRule {
  const words = condition === undefined ? [] : mentionsOfExpression(condition).attributes
  const looksAtCaller = custom !== undefined || words.some((each) => CALLER.includes(each))
  const holds = condition === undefined ? undefined : compileCondition(condition)
  return { name, holds, outcome, custom, looksAtCaller }
}

/** Who may have each scope, of what says which scopes each may have. */
function holdersOf(scopesOf: Readonly<Record<string, readonly string[]>>): Map<string, Set<string>> {
  const holders = new Map<string, Set<string>>()
  for (const [who, scopes] of Object.entries(scopesOf)) {
    for (const scope of scopes) holders.set(scope, (holders.get(scope) ?? new Set()).add(who))
  }
  return holders
}

/** Scopes that belong to roles or groups are for those who have one of them, or were given them. */
function dropForeignScopes(
  judgement: Judgement,
  set: BoundSet,
  { user, appRoles, entitled }: TokenAsked,
): void {
  if (set.governed.size === 0) return
  const roles = user === undefined ? appRoles : user.roles
  const foreign = judgement.scopes.filter(
    (scope) =>
      set.governed.has(scope) &&
      !entitled.includes(scope) &&
      !hasOne(roles, set.roles.get(scope)) &&
      !hasOne(user?.groups, set.groups.get(scope)),
  )
  judgement.drop(set.origin, 'roles', foreign)
}

function hasOne(own: readonly string[] | undefined, wanted: ReadonlySet<string> | undefined): boolean {
  return wanted !== undefined && own?.some((each) => wanted.has(each)) === true
}

/**
 * One after the other: each sees the scopes that those before it left. Promises are made from the first rule in TypeScript on,
 * and none where there is none.
 */
function askRules(
  judgement: Judgement,
  rules: Iterator<readonly [string, BoundRule]>,
  custom: CustomRules,
): Ruling | Promise<Ruling> {
  for (let next = rules.next(); !next.done; next = rules.next()) {
    const [origin, rule] = next.value
    if (!isMeant(judgement, origin, rule)) continue
    if (rule.outcome !== undefined) applyRule(judgement, origin, rule, rule.outcome)
    else {
      return custom.ask(rule.custom ?? '', judgement.asked).then((answer) => {
        if ('outcome' in answer) applyRule(judgement, origin, rule, answer.outcome)
        else failRule(judgement, origin, rule, answer.failed)
        return askRules(judgement, rules, custom)
      })
    }
  }
  return judgement.ruling()
}

/** What cannot be known before the token itself is asked for waits until then; only what the user can mend is asked for now. */
function applyRule(judgement: Judgement, origin: string, rule: BoundRule, outcome: TokenOutcome): void {
  if (!isTooEarly(judgement, rule)) judgement.apply(origin, rule.name, outcome)
  else if (outcome.stepUp !== undefined) judgement.apply(origin, rule.name, { stepUp: outcome.stepUp })
}

function failRule(judgement: Judgement, origin: string, rule: BoundRule, why: string): void {
  if (!isTooEarly(judgement, rule)) judgement.fail(origin, rule.name, why)
}

function isTooEarly({ asked }: Judgement, { looksAtCaller }: BoundRule): boolean {
  return looksAtCaller && asked.occasion === 'authorization'
}

function isMeant(judgement: Judgement, origin: string, rule: BoundRule): boolean {
  if (rule.holds === undefined) return true
  try {
    const holds = rule.holds(judgement.request)
    if (!holds) judgement.skip(origin, rule.name)
    return holds
  } catch (thrown) {
    if (!(thrown instanceof EvaluationError)) throw thrown
    failRule(judgement, origin, rule, thrown.message)
    return false
  }
}

function* inOrder(sets: readonly BoundSet[]): Generator<readonly [string, BoundRule]> {
  for (const { origin, rules } of sets) for (const rule of rules) yield [origin, rule]
}
