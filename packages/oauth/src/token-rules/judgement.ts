import type { CedarRequest } from '@portcullis/cedar/request'
import { Duration } from '@portcullis/kernel/duration'
import type { Json } from '@portcullis/kernel/json'
import type { DecisionStep } from '@portcullis/model/decision/decision'
import type { TokenOutcome } from '@portcullis/model/resource/token-rules'
import { isKnownAcr, meetsAcr } from '../sign-in/acr.ts'
import { tokenRequest } from './cedar-request.ts'
import type { Hurdle, Ruling } from './ruling.ts'
import type { TokenAsked } from './token-asked.ts'

const DAY_MILLIS = 86_400_000

/** Codes of what stands in the way, as decision records tell it. */
export const hurdleCodes = {
  refused: 'token-rules.refused',
  'step-up': 'token-rules.step-up',
  approval: 'token-rules.approval',
} as const

/** What the rules have said so far about one token. */
export class Judgement {
  readonly #asked: TokenAsked
  #scopes: readonly string[]
  readonly #addClaims: Record<string, Json> = {}
  readonly #dropClaims = new Set<string>()
  #lifeSeconds: number | undefined
  #request: CedarRequest | undefined
  readonly #hurdles = new Map<Hurdle['kind'], Hurdle>()
  readonly #steps: DecisionStep[] = []

  constructor(asked: TokenAsked) {
    this.#asked = asked
    this.#scopes = asked.scopes
  }

  get scopes(): readonly string[] {
    return this.#scopes
  }

  /** The same as conditions see it; made once for all that ask before scopes are dropped. */
  get request(): CedarRequest {
    this.#request ??= tokenRequest(this.asked)
    return this.#request
  }

  /** The token with the scopes that are left. */
  get asked(): TokenAsked {
    return this.#scopes === this.#asked.scopes ? this.#asked : { ...this.#asked, scopes: this.#scopes }
  }

  drop(origin: string, rule: string, scopes: readonly string[]): void {
    const dropped = this.#without(scopes)
    if (dropped.length > 0) this.#tell(origin, { rule, dropped: dropped.join(' ') })
  }

  /** Its condition did not hold. */
  skip(origin: string, rule: string): void {
    this.#steps.push({ ...stepOf(origin), verdict: 'skip', when: { holds: false }, saw: { rule } })
  }

  /** It has no answer, and what it would have said may have been a refusal. */
  fail(origin: string, rule: string, why: string): void {
    const hurdle = { kind: 'refused', why: `the rule ${rule} has no answer` } as const
    this.#raise(origin, hurdle, { rule, error: why })
  }

  /** What a rule says of a token for which it holds. */
  apply(origin: string, rule: string, outcome: TokenOutcome): void {
    const { dropScopes = [], addClaims = {}, dropClaims = [], life } = outcome
    const dropped = this.#without(dropScopes)
    Object.assign(this.#addClaims, addClaims)
    for (const each of dropClaims) this.#dropClaims.add(each)
    if (life !== undefined) this.#shorten(Math.ceil(Duration.parse(life).seconds))
    const saw = {
      rule,
      ...(dropped.length > 0 && { dropped: dropped.join(' ') }),
      ...(Object.keys(addClaims).length > 0 && { added: Object.keys(addClaims).join(' ') }),
      ...(dropClaims.length > 0 && { removed: dropClaims.join(' ') }),
      ...(life !== undefined && { life }),
    }
    const hurdle = this.#hurdleOf(outcome)
    if (hurdle === undefined) this.#tell(origin, saw)
    else this.#raise(origin, hurdle, saw)
  }

  ruling(): Ruling {
    return {
      scopes: this.#scopes,
      addClaims: this.#addClaims,
      dropClaims: [...this.#dropClaims],
      lifeSeconds: this.#lifeSeconds,
      hurdle: this.#worst(),
      steps: this.#steps,
    }
  }

  #worst(): Hurdle | undefined {
    const refused = this.#hurdles.get('refused')
    if (refused !== undefined) return refused
    // A token without any scope that was asked for is no answer to whoever asked.
    if (this.#scopes.length === 0 && this.#asked.scopes.length > 0) {
      return { kind: 'refused', why: 'none of the scopes that were asked for is for whoever asks' }
    }
    return this.#hurdles.get('step-up') ?? this.#hurdles.get('approval')
  }

  #without(scopes: readonly string[]): string[] {
    const dropped = this.#scopes.filter((each) => scopes.includes(each))
    if (dropped.length === 0) return dropped
    this.#scopes = this.#scopes.filter((each) => !scopes.includes(each))
    this.#request = undefined
    return dropped
  }

  #shorten(seconds: number): void {
    this.#lifeSeconds = Math.min(this.#lifeSeconds ?? seconds, seconds)
  }

  #hurdleOf({ stepUp, approval, refuse }: TokenOutcome): Hurdle | undefined {
    if (refuse !== undefined) return { kind: 'refused', why: refuse }
    if (stepUp !== undefined && !this.#isMet(stepUp)) return { kind: 'step-up', ...demandOf(stepUp) }
    if (approval === undefined || !this.#needsApproval(approval.scopes)) return undefined
    const { within, scopes: _, ...approvers } = approval
    const withinMillis = within === undefined ? DAY_MILLIS : Duration.parse(within).milliseconds
    return { kind: 'approval', approvers, withinMillis }
  }

  /** What was given in advance needs no further word. */
  #needsApproval(scopes: readonly string[] | undefined): boolean {
    const { entitled } = this.#asked
    const wanted = scopes === undefined ? this.#scopes : this.#scopes.filter((each) => scopes.includes(each))
    if (wanted.length === 0) return scopes === undefined
    return wanted.some((each) => !entitled.includes(each))
  }

  #isMet({ acr, maxAge }: NonNullable<TokenOutcome['stepUp']>): boolean {
    const { user, authTime, nowMillis } = this.#asked
    if (user === undefined) return false
    if (acr !== undefined && !(isKnownAcr(acr) && meetsAcr(this.#asked.acr, [acr]))) return false
    if (maxAge === undefined) return true
    return authTime !== undefined && nowMillis - authTime * 1000 <= Duration.parse(maxAge).milliseconds
  }

  #tell(origin: string, saw: NonNullable<DecisionStep['saw']>): void {
    this.#steps.push({ ...stepOf(origin), verdict: 'proceed', saw })
  }

  /** Of several hurdles of a kind the first counts; of those of several kinds the worst. */
  #raise(origin: string, hurdle: Hurdle, saw: NonNullable<DecisionStep['saw']>): void {
    if (!this.#hurdles.has(hurdle.kind)) this.#hurdles.set(hurdle.kind, hurdle)
    this.#steps.push({ ...stepOf(origin), verdict: 'refuse', code: hurdleCodes[hurdle.kind], saw })
  }
}

function demandOf({ acr, maxAge }: NonNullable<TokenOutcome['stepUp']>) {
  return {
    ...(acr !== undefined && { acr }),
    ...(maxAge !== undefined && { maxAgeSeconds: Math.floor(Duration.parse(maxAge).seconds) }),
  }
}

function stepOf(origin: string): Pick<DecisionStep, 'policy' | 'origin' | 'mode' | 'micros'> {
  return { policy: 'token-rules', origin, mode: 'enforce', micros: 0 }
}
