import { dateText } from '@portcullis/kernel/date-text'
import { SYSTEM } from '@portcullis/model/collection'
import type { Decision, OperationCalled, Outcome } from '@portcullis/model/decision/decision'
import { type DecisionEnding, endRecordId } from '@portcullis/model/decision/ending'
import type { RevisionApi, RevisionOperation } from '@portcullis/model/revision'
import type { Exchange } from '@portcullis/policy-kit/exchange'
import type { StandingCall, StandingEnd } from '../standing/standing-call.ts'

/** How a call ended. */
export interface End {
  readonly outcome: Outcome
  readonly status: number
  readonly code?: string | undefined
  readonly upstream?: Decision['upstream'] | undefined
  /** From the complete head of the request to the head of the reply. */
  readonly millis: number
}

/** How records name an operation. */
export function nameOperation(api: RevisionApi, operation: RevisionOperation): OperationCalled {
  return { api: api.api, version: api.version, id: operation.id, path: operation.path }
}

/** The record of a call: all that was decided, and nothing of what the caller sent. */
export function describeDecision(x: Exchange, called: OperationCalled | undefined, end: End): Decision {
  const { revision, principal } = x
  const decision: Decision = {
    id: x.id,
    organization: revision.organization,
    environment: revision.environment,
    revision: revision.number,
    at: dateText(x.receivedAt),
    method: x.request.method,
    outcome: end.outcome,
    status: end.status,
    steps: x.trace,
    micros: Math.round(end.millis * 1000),
  }
  if (called !== undefined) decision.operation = called
  if (principal !== undefined) {
    decision.client = principal.client
    decision.subject = principal.subject
  }
  if (x.credentials !== undefined && end.upstream !== undefined) {
    const told = x.credentials.flatMap((each) => each.told ?? [])
    if (told.length > 0) decision.backend = told
  }
  return withEnd(decision, end)
}

/**
 * The record of a request that belongs to no environment: the installation's own organization keeps it, as nobody
 * else can claim it.
 */
export function describeTurnedAway(id: string, receivedAt: number, method: string, end: End): Decision {
  const decision: Decision = {
    id,
    organization: SYSTEM,
    environment: 'none',
    revision: 0,
    at: dateText(receivedAt),
    method,
    outcome: end.outcome,
    status: end.status,
    steps: [],
    micros: Math.round(end.millis * 1000),
  }
  return withEnd(decision, end)
}

/** The record of a standing call's end. */
export function describeEnding(
  x: Exchange,
  at: number,
  call: StandingCall,
  { reason, closeCode, fromCaller, fromBackend }: StandingEnd,
): Decision {
  const status = call.kind === 'websocket' ? 101 : 200
  const called = x.match && nameOperation(x.match.api, x.match.operation)
  const decision = describeDecision(x, called, { outcome: 'allowed', status, millis: 0 })
  const ending: DecisionEnding = {
    kind: call.kind,
    decision: x.id,
    reason,
    fromCaller,
    fromBackend,
    millis: Math.max(0, Math.round(at - x.receivedAt)),
  }
  if (closeCode !== undefined) ending.closeCode = closeCode
  return { ...decision, id: endRecordId(x.id), at: dateText(at), steps: [], ending }
}

function withEnd(decision: Decision, { code, upstream }: End): Decision {
  if (code !== undefined) decision.code = code
  if (upstream !== undefined) decision.upstream = upstream
  return decision
}
