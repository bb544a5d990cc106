import { SYSTEM } from '@portcullis/model/collection'
import type { Decision, Outcome } from '@portcullis/model/decision'
import type { Exchange } from '@portcullis/policy-kit/exchange'

/** How a call ended. */
export interface End {
  readonly outcome: Outcome
  readonly status: number
  readonly code?: string | undefined
  readonly upstream?: Decision['upstream'] | undefined
  /** From the complete head of the request to the head of the reply. */
  readonly millis: number
}

/** The record of a call: all that was decided, and nothing of what the caller sent. */
export function describeDecision(x: Exchange, end: End): Decision {
  const { revision, match, principal } = x
  return {
    ...outline(x.id, x.receivedAt, x.request.method, end),
    organization: revision.organization,
    environment: revision.environment,
    revision: revision.number,
    ...(match && {
      operation: {
        api: match.api.api,
        version: match.api.version,
        id: match.operation.id,
        path: match.operation.path,
      },
    }),
    ...(principal && { client: principal.client, subject: principal.subject }),
    steps: x.trace,
  }
}

/**
 * The record of a request that belongs to no environment: the installation's own organization keeps it, as nobody
 * else can claim it.
 */
export function describeTurnedAway(id: string, receivedAt: number, method: string, end: End): Decision {
  return {
    ...outline(id, receivedAt, method, end),
    organization: SYSTEM,
    environment: 'none',
    revision: 0,
    steps: [],
  }
}

function outline(id: string, receivedAt: number, method: string, end: End) {
  return {
    id,
    at: new Date(receivedAt).toISOString(),
    method,
    outcome: end.outcome,
    status: end.status,
    ...(end.code !== undefined && { code: end.code }),
    ...(end.upstream && { upstream: end.upstream }),
    micros: Math.round(end.millis * 1000),
  }
}
