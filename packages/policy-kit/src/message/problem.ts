import { defineFaults, Fault } from '@portcullis/kernel/fault'
import type { Refuse } from '../verdict.ts'
import { HeaderList } from './header-list.ts'
import type { Reply } from './reply.ts'

export const stepFaults = defineFaults('step', {
  failed: {
    status: 503,
    title: 'The call could not be checked',
    remedy:
      'Try again in a moment. Operators: `portcullis explain` names the step that failed, the log says why.',
  },
  'body-too-large': {
    status: 413,
    title: 'The body is larger than this operation takes',
    remedy: 'Send less at once.',
  },
})

/** What was thrown, as a fault: anything that is not one already becomes `step.failed` and tells the caller nothing. */
export function faultOf(thrown: unknown): Fault {
  if (thrown instanceof Fault) return thrown
  return stepFaults.failed({
    internal: thrown instanceof Error ? thrown.message : String(thrown),
    cause: thrown,
  })
}

/** A refusal as a reply: a problem document (RFC 9457) with the challenges that go with it. */
export function refusalReply(refusal: Refuse, decisionId: string): Reply {
  const headers = problemHeaders()
  for (const challenge of refusal.challenges ?? []) headers.append('WWW-Authenticate', challenge)
  const extra = refusal.headers ?? []
  for (let i = 0; i < extra.length; i += 2) headers.append(extra[i] as string, extra[i + 1] as string)
  return { status: refusal.fault.status, headers, body: problemBody(refusal.fault, decisionId) }
}

/** Refusals must not be kept by caches in between: the next call may be allowed. */
function problemHeaders(): HeaderList {
  return HeaderList.of({ 'Content-Type': 'application/problem+json', 'Cache-Control': 'no-store' })
}

function problemBody(fault: Fault, decisionId: string): Uint8Array {
  const { code, status, title, detail, remedy } = fault
  const problem = {
    type: `urn:portcullis:fault:${code}`,
    title,
    status,
    detail,
    code,
    remedy,
    decision: decisionId,
  }
  return new TextEncoder().encode(`${JSON.stringify(problem)}\n`)
}
