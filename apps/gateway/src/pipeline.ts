// Imported, as the one that is global is got anew at every look.
import { performance } from 'node:perf_hooks'
import { Fault } from '@portcullis/kernel/fault'
import { newId } from '@portcullis/kernel/id'
import { Later, type Soon, whenThere } from '@portcullis/kernel/later'
import type { Decision, UpstreamCall } from '@portcullis/model/decision/decision'
import { type Revision, revisionName } from '@portcullis/model/revision'
import { discardBody } from '@portcullis/policy-kit/body/body-ahead'
import { Exchange, type IncomingRequest } from '@portcullis/policy-kit/exchange'
import type { CatalogFor } from '@portcullis/policy-kit/late-catalog'
import { faultOf, refusalReply } from '@portcullis/policy-kit/message/problem'
import type { Reply } from '@portcullis/policy-kit/message/reply'
import type { Catalog, Ports } from '@portcullis/policy-kit/policy'
import {
  type Ending,
  type GoingOn,
  runReplySteps,
  runRequestSteps,
} from '@portcullis/policy-kit/step/run-steps'
import { type Refuse, type Respond, refuse } from '@portcullis/policy-kit/verdict'
import type { Clock } from '@portcullis/ports/clock/port'
import type { Log } from '@portcullis/ports/log/port'
import { gatewayFaults } from './fault.ts'
import type { ForwardedReply, Forwarder, OutgoingRequest } from './forwarder/forwarder.ts'
import { outgoingRequest } from './forwarder/outgoing-request.ts'
import { letGo, mayRenew, renewCredentials } from './forwarder/renew-credentials.ts'
import { credentialWriter } from './forwarder/write-credentials.ts'
import { goOnBehind } from './go-on-behind.ts'
import { receiveFields } from './listener/field.ts'
import type { Door, DoorReply } from './listener/listener.ts'
import type { Tally } from './metric/tally.ts'
import { describeDecision, describeEnding, describeTurnedAway, type End } from './record/describe-decision.ts'
import { attachedPolicies } from './revision/check-revision.ts'
import { type Environments, environments } from './revision/environments.ts'
import { findRoute, type Route } from './revision/find-route.ts'
import { atOnce, inSlices } from './revision/in-slices.ts'
import { type Backend, type LoadedRevision, loadRevision } from './revision/load-revision.ts'
import { objectionTo } from './standing/handshake-fields.ts'
import { letStand, type Stand } from './standing/stand.ts'
import { openStandingCalls, type StandingCalls } from './standing/standing-calls.ts'
import type { UpstreamStatus } from './upstream/balance/balanced-upstream.ts'
import { openUpstreams } from './upstream/upstreams.ts'
import { tellWhenOver } from './when-over.ts'

export interface PipelineOptions {
  readonly catalog: Catalog | CatalogFor
  readonly ports: Ports
  readonly forwarder: Pick<Forwarder, 'forward'>
  /** Takes the record of every call; must return at once and not throw. */
  readonly record: (decision: Decision) => void
  readonly clock: Clock
  readonly log: Log
  /** The value of `Strict-Transport-Security` (RFC 6797) in replies to callers who came by https; none when absent. */
  readonly strictTransportSecurity?: string | undefined
  /** Counts every call. */
  readonly tally?: Pick<Tally, 'count'> | undefined
  /** How late the expiry of a standing call's token may be noticed. */
  readonly standingTickMillis?: number | undefined
}

/** A gateway without sockets: requests go in, replies come out. */
export interface Pipeline extends Door {
  /**
   * Computes ahead all that `swap` needs, in slices between which calls go on. Rejects with a fault of `revision.*` for
   * what can't be enforced.
   */
  load(revision: Revision): Promise<void>
  /**
   * Puts these revisions, and no others, in force at once. Calls under way end under those they began with. A revision
   * that was not loaded before is loaded without slices, where the whole catalogue is there; else that is an error.
   */
  swap(revisions: readonly Revision[]): void
  /** The names of the revisions in force. */
  live(): string[]
  /** What is known of the backends that have several targets. */
  upstreams(): UpstreamStatus[]
  /** The calls that go on after they were answered. */
  readonly standing: StandingCalls
  /** Asks no backend anything more of its own accord. */
  close(): void
}

interface Call {
  readonly x: Exchange
  readonly route: Route
  readonly began: number
}

export function openPipeline(options: PipelineOptions): Pipeline {
  const { catalog, ports, record, clock, log, strictTransportSecurity, tally } = options
  let live: Environments = environments([], undefined, log)
  const forwarder = credentialWriter(options.forwarder)
  const upstreams = openUpstreams({ forwarder, log })
  const standing = openStandingCalls({
    clock,
    revocations: ports.revocations,
    tickMillis: options.standingTickMillis,
  })
  const stand: Stand = {
    standing,
    over(x, standingCall, end) {
      record(describeEnding(x, clock.now(), standingCall, end))
      x.over()
    },
  }

  // The life of a request: route, steps, backend, reply steps, record.

  function handle(request: IncomingRequest): Soon<DoorReply> {
    const host = request.headers.get('host') ?? ''
    const loaded = live.byHost(host)
    if (loaded === undefined) return turnAway(live.loaded.length > 0 ? 'unknown-host' : 'not-ready', request)
    const call = begin(loaded, host, request)
    try {
      const ending = runRequestSteps(call.route.steps, call.x)
      return ending instanceof Promise ? proceedAfter(call, ending) : proceed(call, ending)
    } catch (thrown) {
      return refuseCall(call, thrown)
    }
  }

  function proceedAfter(call: Call, ending: Promise<Ending>): Promise<DoorReply> {
    return ending.then((known) => proceed(call, known)).catch((thrown: unknown) => refuseCall(call, thrown))
  }

  function begin(loaded: LoadedRevision, host: string, request: IncomingRequest): Call {
    const began = performance.now()
    const receivedAt = clock.now()
    receiveFields(request.headers, request.remoteAddress, host, request.scheme ?? 'http')
    const route = findRoute(loaded, request)
    const { match, preflight } = route
    const id = newId('dec', receivedAt)
    return {
      x: new Exchange({ id, request, revision: loaded.revision, receivedAt, match, preflight }),
      route,
      began,
    }
  }

  function proceed(call: Call, ending: Ending): Soon<DoorReply> {
    if (ending?.verdict === 'respond') return answer(call, ending)
    if (ending?.verdict === 'refuse') return finishRefused(call, ending)
    const { end } = call.route
    if ('verdict' in end) {
      if (end.verdict === 'respond') return finish(call, end.reply, { outcome: 'answered' })
      return finishRefused(call, end)
    }
    const { x } = call
    if (x.request.upgrade !== undefined && x.webSocket === undefined) {
      return finishRefused(call, refuse(gatewayFaults['upgrade-refused']()))
    }
    if (x.request.upgrade !== undefined && end.backend.protocol === 'http2') {
      return finishRefused(call, refuse(gatewayFaults['upgrade-unsupported']()))
    }
    const request = outgoingRequest(x, end.backend, end.upstreamTarget)
    return askBackend(call, end.backend, request, false)
  }

  function answer(call: Call, ending: Respond | GoingOn): DoorReply {
    const reply = finish(call, ending.reply, { outcome: 'answered' })
    if ('step' in ending) void goOnBehind(call.x, call.route, ending, forwarder, log)
    return reply
  }

  function askBackend(
    call: Call,
    backend: Backend,
    request: OutgoingRequest,
    isRenewed: boolean,
  ): Later<DoorReply> {
    const delivery = backend.balanced?.begin()
    const sent = performance.now()
    const told = (status?: number): UpstreamCall | undefined => {
      const micros = microsSince(sent)
      const upstream: UpstreamCall = status === undefined ? { micros } : { status, micros }
      return delivery === undefined ? upstream : delivery.told(upstream)
    }
    const later = new Later<DoorReply>()
    whenThere((delivery ?? forwarder).forward(request), {
      take: (reply) =>
        settle(later, () => passOn(call, backend, request, reply, told(reply.status), isRenewed)),
      fail: (thrown) => settle(later, () => refuseCall(call, thrown, told())),
    })
    return later
  }

  function passOn(
    call: Call,
    backend: Backend,
    request: OutgoingRequest,
    reply: ForwardedReply,
    upstream: UpstreamCall | undefined,
    isRenewed: boolean,
  ): Soon<DoorReply> {
    const { x } = call
    const objection = reply.tunnel && objectionTo(reply.headers, request.headers)
    if (objection !== undefined) {
      reply.tunnel?.destroy()
      const fault = gatewayFaults['upstream-invalid']({ internal: objection })
      return finishRefused(call, refuse(fault), upstream)
    }
    if (isRenewed || !mayRenew(x, request, reply)) return allow(call, reply, upstream)
    return askAgain(call, backend, request, reply, upstream)
  }

  /** With credentials of the backend that are renewed, where there are some to be had. */
  async function askAgain(
    call: Call,
    backend: Backend,
    request: OutgoingRequest,
    reply: ForwardedReply,
    upstream: UpstreamCall | undefined,
  ): Promise<DoorReply> {
    const { x } = call
    if (!(await renewCredentials(x, log))) return allow(call, reply, upstream)
    letGo(reply, x, log)
    return askBackend(call, backend, { ...request, credentials: x.credentials }, true)
  }

  function allow(call: Call, reply: ForwardedReply, upstream: UpstreamCall | undefined): DoorReply {
    call.x.isForwarded = true
    return finish(call, reply, { outcome: 'allowed', upstream })
  }

  function refuseCall(call: Call, thrown: unknown, upstream?: UpstreamCall): Reply {
    const { aborted, reason } = call.x.request.signal
    const fault = aborted ? whyGivenUp(reason) : faultOf(thrown)
    const isOver = gatewayFaults['upstream-busy'].is(fault) || gatewayFaults['upstream-open'].is(fault)
    return finishRefused(call, refuse(fault, isOver ? RETRY_SOON : undefined), upstream)
  }

  function finishRefused(call: Call, refusal: Refuse, upstream?: UpstreamCall): Reply {
    const { fault } = refusal
    const outcome = isFailure(fault) ? 'failed' : 'refused'
    if (fault.status >= 500)
      log.warn('a call failed', { decision: call.x.id, code: fault.code, cause: fault })
    return finish(call, refusalReply(refusal, call.x.id), { outcome, code: fault.code, upstream })
  }

  function finish(call: Call, reply: ForwardedReply, end: Omit<End, 'status' | 'millis'>): DoorReply {
    const { x, route, began } = call
    const left = runReplySteps(route.steps, x, reply)
    const isReplaced = left !== reply
    if (isReplaced) {
      reply.tunnel?.destroy()
      log.warn('a reply could not be finished', { decision: x.id, steps: x.trace })
      discardBody(reply.body).catch((cause: unknown) =>
        log.debug('a reply was given up', { decision: x.id, cause }),
      )
    }
    left.headers.set('Portcullis-Decision', x.id)
    if (strictTransportSecurity !== undefined) demandTls(left, x.request)
    const whole: End = {
      outcome: isReplaced ? 'failed' : end.outcome,
      code: isReplaced ? x.trace.at(-1)?.code : end.code,
      upstream: end.upstream,
      status: left.status,
      millis: performance.now() - began,
    }
    tally?.count(x.revision, x.match?.api, whole)
    record(describeDecision(x, route.called, whole))
    const leaving = isReplaced ? left : letStand(stand, x, reply)
    if (x.awaiting !== undefined) tellWhenOver(x, leaving, leaving !== left)
    return leaving
  }

  // What never becomes a call of an environment.

  function turnAway(name: 'unknown-host' | 'not-ready', request: IncomingRequest): Reply {
    const reply = refuseOutside(gatewayFaults[name](), request.method)
    if (strictTransportSecurity !== undefined) demandTls(reply, request)
    return reply
  }

  /** Only over TLS: what comes without could be anybody's (RFC 6797 §7.2). */
  function demandTls(reply: Reply, { scheme }: IncomingRequest): void {
    if (scheme === 'https') reply.headers.set('Strict-Transport-Security', strictTransportSecurity as string)
  }

  function refuseOutside(fault: Fault, method = 'unknown'): Reply {
    const now = clock.now()
    const id = newId('dec', now)
    const reply = refusalReply(refuse(fault), id)
    reply.headers.set('Portcullis-Decision', id)
    const outcome = isFailure(fault) ? 'failed' : 'refused'
    const end: End = { outcome, status: fault.status, code: fault.code, millis: 0 }
    tally?.count(undefined, undefined, end)
    record(describeTurnedAway(id, now, method, end))
    return reply
  }

  const loaded = new WeakMap<Revision, LoadedRevision>()

  function loadNow(revision: Revision): LoadedRevision {
    const known = loaded.get(revision) ?? atOnce(loadRevision(revision, wholeCatalog(), ports, upstreams))
    loaded.set(revision, known)
    return known
  }

  function wholeCatalog(): Catalog {
    if (typeof catalog === 'function') throw new Error('a revision was not loaded')
    return catalog
  }

  return {
    handle,
    refuse: refuseOutside,
    async load(revision) {
      if (!loaded.has(revision)) {
        const needed = typeof catalog === 'function' ? await catalog(attachedPolicies(revision)) : catalog
        loaded.set(revision, await inSlices(loadRevision(revision, needed, ports, upstreams)))
      }
    },
    swap(revisions) {
      live = environments(revisions.map(loadNow), live, log)
      standing.keepTo(revisions)
      upstreams.use(live.loaded.flatMap((each) => each.upstreams))
    },
    live: () => live.loaded.map((each) => revisionName(each.revision)),
    upstreams: () => upstreams.status(),
    standing,
    close: () => upstreams.close(),
  }
}

/** Settles an answer with what is found; whatever goes wrong with finding it ends the wait all the same. */
function settle(answer: Later<DoorReply>, find: () => Soon<DoorReply>): void {
  let found: Soon<DoorReply>
  try {
    found = find()
  } catch (thrown) {
    answer.break(thrown)
    return
  }
  answer.follow(found)
}

/** A call is given up because its caller left, unless whoever gave it up says otherwise. */
function whyGivenUp(reason: unknown): Fault {
  return reason instanceof Fault ? reason : gatewayFaults['caller-gone']()
}

/** What stops the call is over within seconds (RFC 9110 §10.2.3). */
const RETRY_SOON = { headers: ['Retry-After', '1'] } as const

/** Not the caller's doing. */
function isFailure(fault: Fault): boolean {
  return fault.status >= 500 || gatewayFaults['caller-gone'].is(fault)
}

function microsSince(began: number): number {
  return Math.round((performance.now() - began) * 1000)
}
