// Imported, as the one that is global is got anew at every look.
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { abortSignalOf, type Signal } from '@portcullis/kernel/signal'
import type { Condition, Mode } from '@portcullis/model/attachment'
import type { DecisionStep, WhenTold } from '@portcullis/model/decision/decision'
import { fillForConditions, fillNeed } from '../body/body-need.ts'
import { type BodyWatcher, cappedWatcher } from '../body/watched-body.ts'
import { expressionBinder } from '../condition/bind-expression.ts'
import { asksBody } from '../condition/check-condition.ts'
import type { Exchange } from '../exchange.ts'
import { faultOf, refusalReply, stepFaults } from '../message/problem.ts'
import type { Reply } from '../message/reply.ts'
import type { BodyNeed, BoundPolicy, Ports } from '../policy.ts'
import { type Delay, proceed, type Refuse, type Respond, refuse, type Verdict } from '../verdict.ts'
import type { EffectiveStep } from './effective-steps.ts'
import { type BoundReach, bindReach } from './reach.ts'

/** A step ready to run. */
export interface BoundStep {
  readonly policy: string
  readonly origin: string
  readonly mode: Mode
  readonly failOpen: boolean
  /** The calls for which it runs. */
  readonly reach: BoundReach
  /** A condition on which it runs, or an expression in its config, asks the body. */
  readonly asksBody: boolean
  readonly body: BodyNeed
  readonly bound: BoundPolicy
}

/** Binds a step, handing the policy the ports that it declared and no others. */
export function bindStep(step: EffectiveStep, ports: Ports): BoundStep {
  const granted = Object.fromEntries(step.policy.needs.map((need) => [need, ports[need]])) as unknown as Ports
  const { contract } = step.policy
  const bound = step.policy.bind(step.config, granted, {
    step: step.step,
    facts: step.facts,
    mode: step.mode,
    expression: expressionBinder(step.expressions),
    addressList: (name) => addressListNamed(step, name),
  })
  return {
    policy: contract.id,
    origin: step.origin,
    mode: step.mode,
    failOpen: step.failOpen && contract.mayFailOpen,
    reach: bindReach(step.reach, step.replacedFor, contract.phase),
    asksBody: conditionsOf(step).some(asksBodyOnce),
    body: bound.body ?? contract.body,
    bound,
  }
}

/** All that is asked of a call before the policy itself looks at it, or while it does. */
function conditionsOf({ reach, replacedFor, expressions }: EffectiveStep): Condition[] {
  return [...[reach, ...replacedFor].flatMap(({ when }) => when ?? []), ...expressions]
}

// Of one attachment the condition is the same for all the operations for which it is.
const asking = new WeakMap<Condition, boolean>()

function asksBodyOnce(condition: Condition): boolean {
  const known = asking.get(condition) ?? asksBody(condition.expression)
  asking.set(condition, known)
  return known
}

/** Asked for before, when the revision was checked: there is none that is not there. */
function addressListNamed({ addressLists }: EffectiveStep, name: string): readonly string[] | undefined {
  const found = addressLists.find(({ list }) => list === name)
  if (found === undefined) throw new RangeError(`there is no address list "${name}"`)
  return found.entries
}

/** What ended the steps before the backend; `undefined` when the call goes on to it. */
export type Ending = Respond | GoingOn | Refuse | undefined

/** An answer behind which the call goes on, from this step on. */
export interface GoingOn extends Respond {
  readonly behind: (x: Exchange) => void
  readonly step: BoundStep
}

/**
 * Runs the steps until one answers or refuses. The only place that knows what `enforce`, `observe` and `off` mean.
 * Returns a promise only if some step did.
 */
export function runRequestSteps(steps: readonly BoundStep[], x: Exchange): Ending | Promise<Ending> {
  return steps.length === 0 ? undefined : runFrom(0, steps, x)
}

/** Runs the steps that follow the one that answered, for the call that goes on behind it; these are theirs and its own. */
export function runStepsBehind(steps: readonly BoundStep[], x: Exchange): Ending | Promise<Ending> {
  return runFrom(1, steps, x)
}

// What waits is in functions of its own: a closure here would cost every step of every call what it remembers.

function runFrom(first: number, steps: readonly BoundStep[], x: Exchange): Ending | Promise<Ending> {
  // A step begins when the one before it has ended: one look at the clock does for both.
  let began = performance.now()
  for (let i = first; i < steps.length; i++) {
    const step = steps[i] as BoundStep
    if (step.mode === 'off' || step.bound.onRequest === undefined) continue
    const reading = step.asksBody ? fillForConditions(x) : undefined
    if (reading !== undefined) return runAfter(reading, i, steps, x)
    if (!isFor(step, x)) continue
    const when = step.reach.when?.(x)
    if (when !== undefined && !when.holds) {
      x.trace.push(skipped(step, when))
      continue
    }
    const answer = ask(step, x)
    if (answer instanceof Promise || answer.verdict === 'delay') {
      return runOnAfter(settleLater(answer, step, x, began), i + 1, steps, x)
    }
    const ended = performance.now()
    const ending = settle(answer, step, x, ended - began)
    if (ending !== undefined) return ending
    began = ended
  }
  return undefined
}

function runAfter(
  reading: Promise<void>,
  next: number,
  steps: readonly BoundStep[],
  x: Exchange,
): Promise<Ending> {
  return reading.then(() => runFrom(next, steps, x))
}

function runOnAfter(
  settling: Promise<Ending>,
  next: number,
  steps: readonly BoundStep[],
  x: Exchange,
): Promise<Ending> {
  return settling.then((ending) => ending ?? runFrom(next, steps, x))
}

function isFor(step: BoundStep, x: Exchange): boolean {
  const { isFor } = step.reach
  return isFor === undefined || isFor(x)
}

/** Whether it is for this call and its condition holds. */
function runs(step: BoundStep, x: Exchange): boolean {
  return isFor(step, x) && (step.reach.when === undefined || step.reach.when(x).holds)
}

function ask(step: BoundStep, x: Exchange): Verdict | Promise<Verdict> {
  try {
    const filling = step.body.need === 'none' ? undefined : fillNeed(step.body, x)
    const answer = filling === undefined ? step.bound.onRequest?.(x) : askAfter(filling, step, x)
    return answer instanceof Promise ? knownLater(answer, step) : known(answer)
  } catch (thrown) {
    return failed(step, thrown)
  }
}

function askAfter(filling: Promise<void>, step: BoundStep, x: Exchange): Promise<Verdict | undefined> {
  return filling.then(() => step.bound.onRequest?.(x))
}

function knownLater(answer: Promise<Verdict | undefined>, step: BoundStep): Promise<Verdict> {
  return answer.then(known).catch((thrown: unknown) => failed(step, thrown))
}

/** Policies also come from outside, where no compiler has looked: what is no verdict must not pass for one. */
function known(answer: Verdict | undefined): Verdict {
  switch (answer?.verdict) {
    case 'proceed':
    case 'respond':
    case 'refuse':
    case 'delay':
      return answer
    default:
      throw new TypeError('the policy gave no verdict')
  }
}

/** A step that fails refuses, unless the operator chose otherwise and the policy's contract allowed it. */
function failed(step: BoundStep, thrown: unknown): Verdict {
  const fault = faultOf(thrown)
  // That the body is too large for the policy is not a failure of the policy.
  const mayPass = step.failOpen && !stepFaults['body-too-large'].is(thrown)
  return mayPass ? proceed({ failedOpen: fault.code }) : refuse(fault)
}

async function settleLater(
  answer: Verdict | Promise<Verdict>,
  step: BoundStep,
  x: Exchange,
  began: number,
): Promise<Ending> {
  const verdict = await answer
  if (verdict.verdict === 'delay' && step.mode === 'enforce') {
    try {
      await waitFor(verdict, x.request.signal)
    } catch (thrown) {
      // The caller has left: the record tells where.
      x.trace.push(traced(verdict, step, x, performance.now() - began))
      throw thrown
    }
  }
  return settle(verdict, step, x, performance.now() - began)
}

function waitFor({ millis, wait }: Delay, signal: Signal): Promise<void> {
  return wait?.(signal) ?? sleep(millis, undefined, { signal: abortSignalOf(signal) })
}

/** Records the verdict and, when the step is enforced, acts on it. */
function settle(verdict: Verdict, step: BoundStep, x: Exchange, millis: number): Ending {
  x.trace.push(traced(verdict, step, x, millis))
  if (step.mode !== 'enforce') return undefined
  if (verdict.verdict === 'refuse') return verdict
  if (verdict.verdict === 'respond') {
    const { behind } = verdict
    return behind === undefined ? verdict : { ...verdict, behind, step }
  }
  if (step.body.need === 'stream') x.watchBody(cappedWatcher(step.body.maxBytes, watcherOf(verdict)))
  if (verdict.verdict === 'proceed' && verdict.changes !== undefined) x.apply(verdict.changes)
  return undefined
}

function watcherOf(verdict: Verdict): BodyWatcher | undefined {
  return verdict.verdict === 'proceed' ? verdict.changes?.watchBody : undefined
}

function traced(verdict: Verdict, step: BoundStep, x: Exchange, millis: number): DecisionStep {
  const { policy, origin, mode, reach } = step
  const { saw } = verdict
  const micros = Math.round(millis * 1000)
  // What is seen is put in at once: to add it afterwards takes another object of the machine's.
  const told: DecisionStep =
    saw === undefined
      ? { policy, origin, mode, verdict: verdict.verdict, micros }
      : { policy, origin, mode, verdict: verdict.verdict, saw, micros }
  if (verdict.verdict === 'refuse') told.code = verdict.fault.code
  const when = reach.when?.(x)
  if (when?.error !== undefined) told.when = when
  return told
}

function skipped({ policy, origin, mode }: BoundStep, when: WhenTold): DecisionStep {
  return { policy, origin, mode, verdict: 'skip', when, micros: 0 }
}

/**
 * Lets every enforced step change the reply, the last one first. No reply leaves without this. Where a step fails, the
 * reply that it did not finish is dropped for a refusal, which then passes all the other steps.
 */
export function runReplySteps(steps: readonly BoundStep[], x: Exchange, reply: Reply): Reply {
  // Only a step that fails is told of, with the time since the first of them began: one look at the clock does for all.
  let began: number | undefined
  for (let i = steps.length - 1; i >= 0; i--) {
    const step = steps[i] as BoundStep
    if (step.mode !== 'enforce' || step.bound.onReply === undefined || !runs(step, x)) continue
    began ??= performance.now()
    try {
      step.bound.onReply(x, reply)
    } catch (thrown) {
      const verdict = failed(step, thrown)
      x.trace.push(traced(verdict, step, x, performance.now() - began))
      if (verdict.verdict === 'refuse') {
        return runReplySteps(steps.toSpliced(i, 1), x, refusalReply(verdict, x.id))
      }
    }
  }
  return reply
}
