import type { UpstreamTls } from '@portcullis/http1/client/upstream-tls'
import type { Upstream } from '@portcullis/model/resource/upstream'
import type { Log } from '@portcullis/ports/log/port'
import type { Forwarder } from '../../forwarder/forwarder.ts'
import { Delivery } from '../delivery/delivery.ts'
import { afterCall, initialBudget, spendRetry } from '../delivery/retry-budget.ts'
import type { CallResult } from '../fitness/circuit.ts'
import { mayEject } from '../fitness/ejection.ts'
import { HealthChecks } from '../fitness/health-checks.ts'
import { rulesOf, type UpstreamRules } from '../rules.ts'
import { drawLeast } from './least-requests.ts'
import { rampOf } from './slow-start.ts'
import { takeTurn } from './smooth-round-robin.ts'
import { Target, type TargetCounts, type Turn } from './target.ts'

export interface UpstreamParts {
  readonly forwarder: Pick<Forwarder, 'forward'>
  readonly log: Log
  /** Milliseconds of a clock that never runs backwards. */
  readonly now: () => number
  /** From 0 up to, but not including, 1. */
  readonly random: () => number
  /** How targets are recognised over TLS; by the public authorities when absent. */
  readonly tls?: UpstreamTls | undefined
}

/** What is known of an upstream at one moment. */
export interface UpstreamStatus {
  /** `organization/environment/api/version`. */
  readonly place: string
  readonly targets: readonly TargetStatus[]
  readonly retries: number
  /** Calls that were refused because every circuit was open. */
  readonly refused: number
  /** Calls for which all targets were used because none was fit. */
  readonly panics: number
}

export interface TargetStatus extends TargetCounts {
  readonly target: string
  readonly weight: number
  readonly inFlight: number
  readonly fit: boolean
}

interface Choice {
  readonly target: Target
  /** Nobody was fit, so anybody was taken. */
  readonly panic: boolean
}

const TURNS: Readonly<Record<Turn, { readonly level: 'info' | 'warn'; readonly message: string }>> = {
  ejected: { level: 'warn', message: 'a target is ejected, because calls to it fail' },
  'circuit-open': { level: 'warn', message: 'the circuit of a target is open, because too many calls fail' },
  'circuit-closed': { level: 'info', message: 'the circuit of a target is closed again' },
  'checks-fail': { level: 'warn', message: 'a target is out of service, because its checks fail' },
  'checks-pass': { level: 'info', message: 'a target is back in service, because its checks pass' },
}

/** The targets of one API version in one environment, and which of them gets the next call. */
export class BalancedUpstream {
  readonly place: string
  readonly declared: Upstream
  readonly rules: UpstreamRules
  readonly parts: UpstreamParts
  readonly targets: readonly Target[]
  readonly #checks: HealthChecks | undefined
  readonly #weights: readonly number[]
  readonly #credits: number[]
  /** Of one choice; kept so that a choice makes no list. */
  readonly #shares: number[]
  #budget = initialBudget
  #retries = 0
  #refused = 0
  #panics = 0
  #isPanicking = false

  /** Goes on with the targets of the upstream before it that are still declared, and with what is known of them. */
  constructor(place: string, declared: Upstream, parts: UpstreamParts, before?: BalancedUpstream) {
    this.place = place
    this.declared = declared
    this.parts = parts
    this.rules = rulesOf(declared)
    const now = parts.now()
    this.targets = declared.targets.map(({ url }) => {
      const known = before?.targets.find(({ origin }) => origin === new URL(url).origin)
      return known ?? new Target(url, now, before === undefined ? Number.NEGATIVE_INFINITY : now)
    })
    this.#weights = declared.targets.map(({ weight }) => weight)
    this.#credits = this.targets.map(() => 0)
    this.#shares = this.targets.map(() => 0)
    if (this.rules.checks !== undefined) this.#checks = new HealthChecks(this, this.rules.checks)
  }

  /** Begins the checks, where there are any. */
  start(): void {
    this.#checks?.start()
  }

  stop(): void {
    this.#checks?.stop()
  }

  /** One call on its way; see `Delivery`. */
  begin(): Delivery {
    this.#budget = afterCall(this.#budget, this.rules.retry.budgetPercent)
    return new Delivery(this)
  }

  /** The target of the next attempt: a fit one, else any whose circuit permits it; none that was tried already. */
  choose(tried: readonly Target[]): Choice | undefined {
    const now = this.parts.now()
    if (this.#weigh(now, false)) {
      this.#panicEnds()
      return this.#pick(tried, false)
    }
    if (!this.#weigh(now, true)) return undefined
    this.#panicBegins()
    return this.#pick(tried, true)
  }

  /** Takes a retry from the budget, if there is one. */
  spendRetry(): boolean {
    const left = spendRetry(this.#budget)
    if (left === undefined) return false
    this.#budget = left
    this.#retries++
    return true
  }

  countRefusal(): void {
    this.#refused++
  }

  learn(target: Target, result: CallResult, epoch: number): void {
    const now = this.parts.now()
    const turns = target.learn(result, epoch, this.rules, now, () => this.#mayEject(now))
    for (const turn of turns) this.tell(turn, target)
  }

  /** Writes into the log what changed with a target. */
  tell(turn: Turn, target: Target): void {
    const { level, message } = TURNS[turn]
    const millis = Math.round(target.ejectedUntil - this.parts.now())
    this.parts.log[level](message, {
      upstream: this.place,
      target: target.name,
      ...(turn === 'ejected' && { millis }),
    })
  }

  status(): UpstreamStatus {
    const now = this.parts.now()
    return {
      place: this.place,
      targets: this.targets.map((target, i) => ({
        target: target.name,
        weight: this.#weights[i] ?? 0,
        inFlight: target.inFlight,
        fit: target.isFit(this.rules, now),
        ...target.counts,
      })),
      retries: this.#retries,
      refused: this.#refused,
      panics: this.#panics,
    }
  }

  /** Writes down everybody's share of the calls; false when nobody has any. */
  #weigh(now: number, isPanic: boolean): boolean {
    const { slowStartMillis } = this.rules
    let some = false
    for (let i = 0; i < this.targets.length; i++) {
      const target = this.targets[i] as Target
      const weight = this.#weights[i] as number
      const isIn = isPanic ? target.permits(this.rules, now) : target.isFit(this.rules, now)
      const ramp = isPanic || slowStartMillis === 0 ? 1 : rampOf(target.sinceMillis(now), slowStartMillis)
      const share = isIn ? weight * ramp : 0
      this.#shares[i] = share
      some ||= share > 0
    }
    return some
  }

  #pick(tried: readonly Target[], panic: boolean): Choice | undefined {
    for (const each of tried) this.#shares[this.targets.indexOf(each)] = 0
    const index =
      this.rules.balance === 'round-robin'
        ? takeTurn(this.#credits, this.#shares)
        : drawLeast(this.#shares, (i) => this.targets[i]?.inFlight ?? 0, this.parts.random)
    const target = this.targets[index]
    return target && { target, panic }
  }

  #mayEject(now: number): boolean {
    const serving = this.targets.filter((_, i) => this.#weights[i] !== 0)
    const ejected = serving.filter((each) => each.isEjected(now)).length
    return mayEject(serving.length, ejected, this.rules.ejection.maxEjectedPercent)
  }

  #panicBegins(): void {
    this.#panics++
    if (this.#isPanicking) return
    this.#isPanicking = true
    this.parts.log.error('no target is fit for service, so all of them are used', { upstream: this.place })
  }

  #panicEnds(): void {
    if (!this.#isPanicking) return
    this.#isPanicking = false
    this.parts.log.info('a target is fit for service again', { upstream: this.place })
  }
}
