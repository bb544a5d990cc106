import { Fault } from '@portcullis/kernel/fault'
import type { Attempt, UpstreamCall } from '@portcullis/model/decision/decision'
import type { RetryCondition } from '@portcullis/model/resource/upstream'
import { discardBody } from '@portcullis/policy-kit/body/body-ahead'
import type { Reply } from '@portcullis/policy-kit/message/reply'
import { gatewayFaults } from '../../fault.ts'
import type { ForwardedReply, OutgoingRequest } from '../../forwarder/forwarder.ts'
import type { BalancedUpstream } from '../balance/balanced-upstream.ts'
import type { Target } from '../balance/target.ts'
import { isBackendsFault, markBlameless } from '../fitness/blame.ts'
import type { CallResult } from '../fitness/circuit.ts'
import { maySendAgain } from './may-send-again.ts'
import { TimedSignal } from './timed-signal.ts'
import { isUnsent } from './unsent.ts'
import { watchBody } from './watched-body.ts'

/** How one attempt ended. */
type Outcome =
  | { readonly reply: ForwardedReply }
  | { readonly thrown: unknown; readonly isOutOfTime: boolean }

/** One call to a backend of several targets: its attempts, until one of them answers or there is nothing left to try. */
export class Delivery {
  readonly #upstream: BalancedUpstream
  readonly #tried: Target[] = []
  readonly #attempts: Attempt[] = []
  #panic = false

  constructor(upstream: BalancedUpstream) {
    this.#upstream = upstream
  }

  /** As a forwarder's; rejects with `gateway.upstream-open` when no target may be called. */
  async forward(request: OutgoingRequest): Promise<ForwardedReply> {
    const { rules, parts } = this.#upstream
    const deadline = parts.now() + rules.totalMillis
    let last: Outcome | undefined
    for (;;) {
      const choice = this.#upstream.choose(this.#tried)
      if (choice === undefined) return this.#giveUp(last)
      if (last !== undefined && !this.#upstream.spendRetry()) return this.#giveUp(last)
      if (last !== undefined && 'reply' in last) letGo(last.reply)
      this.#panic ||= choice.panic
      last = await this.#attempt(choice.target, request, deadline)
      if (this.#tried.length > rules.retry.attempts || isOver(last, parts.now(), deadline))
        return this.#giveUp(last)
      if (!maySendAgain(conditionOf(last), rules.retry.on, request)) return this.#giveUp(last)
    }
  }

  /** What the decision record says of it; `undefined` where no target was called. */
  told(upstream: Pick<UpstreamCall, 'status' | 'micros'>): UpstreamCall | undefined {
    const last = this.#tried.at(-1)
    if (last === undefined) return undefined
    return {
      ...upstream,
      target: last.name,
      ...(this.#attempts.length > 1 && { attempts: this.#attempts }),
      ...(this.#panic && { panic: true }),
    }
  }

  #giveUp(last: Outcome | undefined): ForwardedReply {
    if (last === undefined) {
      this.#upstream.countRefusal()
      throw gatewayFaults['upstream-open']({ internal: `every circuit of ${this.#upstream.place} is open` })
    }
    if ('thrown' in last) throw last.thrown
    return last.reply
  }

  async #attempt(target: Target, request: OutgoingRequest, deadline: number): Promise<Outcome> {
    const { rules, parts } = this.#upstream
    const began = parts.now()
    const epoch = target.begin(rules)
    const leftMillis = deadline - began
    const signal = TimedSignal.over(request.signal, Math.min(rules.attemptMillis, leftMillis))
    const release = once(() => {
      target.inFlight--
      signal.release()
      request.signal.removeEventListener('abort', release)
    })
    this.#tried.push(target)
    try {
      const reply = await parts.forwarder.forward({
        ...request,
        origin: target.origin,
        // A forwarder may change the fields that it is given, and the next attempt starts from the first ones.
        headers: request.headers.copy(),
        signal: signal.signal,
      })
      signal.stopClock()
      this.#note(target, epoch, isFailure(reply.status) ? 'bad' : 'good', began, { status: reply.status })
      return { reply: watched(reply, request, release) }
    } catch (thrown) {
      const isLate = signal.isTimedOut && !request.signal.aborted
      const fault = isLate ? lateFault(request, thrown) : thrown
      const isBad = !request.signal.aborted && isBackendsFault(fault)
      this.#note(target, epoch, isBad ? 'bad' : 'none', began, codeOf(fault))
      release()
      return { thrown: fault, isOutOfTime: isLate && leftMillis <= rules.attemptMillis }
    }
  }

  #note(target: Target, epoch: number, result: CallResult, began: number, how: Partial<Attempt>): void {
    this.#upstream.learn(target, result, epoch)
    const micros = Math.round((this.#upstream.parts.now() - began) * 1000)
    this.#attempts.push({ target: target.name, ...how, micros })
  }
}

/** Timers may fire a fraction of a millisecond before the clock says so: an attempt that had all the time left had it. */
function isOver(outcome: Outcome, now: number, deadline: number): boolean {
  return now >= deadline || ('thrown' in outcome && outcome.isOutOfTime)
}

/** A time of ours that is over. While a body streams, it may be the caller who is slow. */
function lateFault({ body }: OutgoingRequest, cause: unknown): Fault {
  const fault = gatewayFaults['upstream-timeout']({ cause })
  return body === undefined || body instanceof Uint8Array ? fault : markBlameless(fault)
}

/** Not 501: that the backend lacks a method is no sign of trouble (RFC 9110 §15.6.2). */
function isFailure(status: number): boolean {
  return status >= 500 && status !== 501
}

function conditionOf(outcome: Outcome): RetryCondition {
  if ('reply' in outcome) return outcome.reply.status
  return isUnsent(outcome.thrown) ? 'connect-failure' : 'no-answer'
}

function codeOf(thrown: unknown): Partial<Attempt> {
  return thrown instanceof Fault ? { code: thrown.code } : { code: gatewayFaults.failed.code }
}

/** The reply; tells when it is over. Statuses that have no content are over at once (RFC 9110 §6.4.1). */
function watched(reply: ForwardedReply, request: OutgoingRequest, release: () => void): ForwardedReply {
  const { status, tunnel } = reply
  if (tunnel !== undefined) {
    tunnel.whenOver(release)
    return reply
  }
  const hasNone = request.method === 'HEAD' || status === 204 || status === 304
  if (hasNone || reply.untouched !== undefined) {
    release()
    return reply
  }
  const { body } = reply
  if (body === undefined || body instanceof Uint8Array) release()
  else {
    reply.body = watchBody(body, release)
    // Nobody may come to read it.
    request.signal.addEventListener('abort', release)
  }
  return reply
}

/** Nobody will read this reply, and nobody waits for its end. That giving it up fails is as good as that. */
function letGo(reply: Reply): void {
  discardBody(reply.body).catch(() => undefined)
}

function once(act: () => void): () => void {
  let isDone = false
  return () => {
    if (isDone) return
    isDone = true
    act()
  }
}
