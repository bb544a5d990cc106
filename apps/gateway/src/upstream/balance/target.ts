import { afterCheck, type CheckStreak, notYetChecked } from '../fitness/check-streak.ts'
import {
  afterBegin,
  afterEnd,
  type CallResult,
  type Circuit,
  closedCircuit,
  permits,
} from '../fitness/circuit.ts'
import { afterFailure, afterSuccess, type Ejection, isEjected, neverEjected } from '../fitness/ejection.ts'
import type { UpstreamRules } from '../rules.ts'

/** What changed with a target, for the log. */
export type Turn = 'ejected' | 'circuit-open' | 'circuit-closed' | 'checks-fail' | 'checks-pass'

const NONE: readonly Turn[] = []

/** Since the target was first declared. */
export interface TargetCounts {
  readonly calls: number
  readonly failures: number
  readonly ejections: number
}

/**
 * One target and all that is known of it. It outlives the revision that brought it: what was learnt stays known while
 * the target is declared, and calls under way end in peace when it is not any more.
 */
export class Target {
  /** Scheme, host and port. */
  readonly origin: string
  /** Host and port, as decisions and the log name it. */
  readonly name: string
  /** Calls whose reply has not ended. */
  inFlight = 0
  #ejection: Ejection = neverEjected
  #streak: CheckStreak = notYetChecked
  #circuit: Circuit
  /** When it came into service, other than by the end of an ejection. */
  #cameAt: number
  #calls = 0
  #failures = 0
  #ejections = 0

  /** `cameAt` is minus infinity for the targets with which a gateway starts: there is nobody to go slow behind. */
  constructor(url: string, now: number, cameAt: number) {
    const { origin, host, protocol } = new URL(url)
    this.origin = origin
    this.name = /:\d+$/.test(host) ? host : `${host}:${protocol === 'https:' ? 443 : 80}`
    this.#circuit = closedCircuit(now)
    this.#cameAt = cameAt
  }

  get counts(): TargetCounts {
    return { calls: this.#calls, failures: this.#failures, ejections: this.#ejections }
  }

  get isHealthy(): boolean {
    return this.#streak.healthy
  }

  get ejectedUntil(): number {
    return this.#ejection.until
  }

  isEjected(now: number): boolean {
    return isEjected(this.#ejection, now)
  }

  /** Whether its circuit lets a call through. */
  permits({ circuit }: UpstreamRules, now: number): boolean {
    return circuit === undefined || permits(this.#circuit, circuit, now)
  }

  /** Whether it is fit for service: every check, its ejection and its circuit say so. */
  isFit(rules: UpstreamRules, now: number): boolean {
    return (
      (rules.checks === undefined || this.#streak.healthy) &&
      !isEjected(this.#ejection, now) &&
      this.permits(rules, now)
    )
  }

  /** For how long it has been in service. */
  sinceMillis(now: number): number {
    return now - Math.max(this.#cameAt, this.#ejection.until)
  }

  /** A call is being sent. Gives the epoch that its result must bring back. */
  begin({ circuit }: UpstreamRules): number {
    this.inFlight++
    this.#calls++
    if (circuit !== undefined) this.#circuit = afterBegin(this.#circuit)
    return this.#circuit.epoch
  }

  /** What became of a call, once that is known; its body may go on. Gives what changed with the target. */
  learn(
    result: CallResult,
    epoch: number,
    rules: UpstreamRules,
    now: number,
    mayEject: () => boolean,
  ): readonly Turn[] {
    if (result === 'bad') this.#failures++
    const circuit = this.#learnCircuit(result, epoch, rules, now)
    const ejection = this.#learnEjection(result, rules, now, mayEject)
    // Nearly always nothing changed, and then nothing is made.
    return circuit === NONE ? ejection : [...circuit, ...ejection]
  }

  /** The answer to a check. */
  learnCheck(good: boolean, rules: Pick<UpstreamRules, 'checks'>, now: number): Turn | undefined {
    if (rules.checks === undefined) return undefined
    const before = this.#streak.healthy
    this.#streak = afterCheck(this.#streak, rules.checks, good)
    if (this.#streak.healthy === before) return undefined
    if (!this.#streak.healthy) return 'checks-fail'
    this.#cameAt = now
    return 'checks-pass'
  }

  #learnCircuit(result: CallResult, epoch: number, { circuit }: UpstreamRules, now: number): readonly Turn[] {
    if (circuit === undefined) return NONE
    const before = this.#circuit.mode
    this.#circuit = afterEnd(this.#circuit, circuit, now, epoch, result)
    if (this.#circuit.mode === before) return NONE
    return [this.#circuit.mode === 'open' ? 'circuit-open' : 'circuit-closed']
  }

  #learnEjection(
    result: CallResult,
    { ejection }: UpstreamRules,
    now: number,
    mayEject: () => boolean,
  ): readonly Turn[] {
    const before = this.#ejection
    if (result === 'good') this.#ejection = afterSuccess(before, ejection, now)
    if (result === 'bad') this.#ejection = afterFailure(before, ejection, now, mayEject())
    if (this.#ejection.times <= before.times) return NONE
    this.#ejections++
    return ['ejected']
  }
}
