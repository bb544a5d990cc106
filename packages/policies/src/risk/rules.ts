import type { Exchange } from '@portcullis/policy-kit/exchange'
import type { RiskFacts } from '@portcullis/ports/risk/port'

const MAX_USER_AGENT_CHARACTERS = 512

/** What is told of a call to whoever judges its risk. */
export function factsOf({ request, revision, match, principal, country, receivedAt }: Exchange): RiskFacts {
  return {
    organization: revision.organization,
    occasion: 'call',
    at: receivedAt,
    address: request.remoteAddress,
    country,
    userAgent: request.headers.get('user-agent')?.slice(0, MAX_USER_AGENT_CHARACTERS),
    client: principal?.client,
    subject: principal?.subject,
    audience: match?.api.audience,
    operation: match?.operation.id,
  }
}

/** A risk as steps and records have it: a whole number, never below what was judged. */
export function wholeRisk(risk: number): number {
  return Math.ceil(risk)
}
