import { PROBLEM_TYPE, type Problem } from '@portcullis/api-client/problem'
import { Fault } from '@portcullis/kernel/fault'
import { FindingsFault } from '@portcullis/model/finding/findings-fault'
import type { Log } from '@portcullis/ports/log/port'
import { HTTPException } from 'hono/http-exception'
import { managementFaults } from './fault.ts'

/** A fault as the answer to a request, with fields of its own. */
export class Refusal extends Error {
  readonly fault: Fault
  readonly headers: Readonly<Record<string, string>>

  constructor(fault: Fault, headers: Readonly<Record<string, string>>) {
    super(fault.message, { cause: fault })
    this.fault = fault
    this.headers = headers
  }
}

/** Whatever was thrown, as a problem (RFC 9457). What only we may read goes to the log. */
export function problemResponse(
  thrown: unknown,
  log: Log,
  request: { method: string; path: string },
): Response {
  const fault = faultOf(thrown)
  const level = fault.status >= 500 ? 'error' : 'debug'
  const reason =
    thrown instanceof Error && fault.status >= 500 ? (thrown.stack ?? thrown.message) : fault.message
  log[level]('refused', { ...request, code: fault.code, status: fault.status, reason })
  const headers = thrown instanceof Refusal ? thrown.headers : {}
  return new Response(`${JSON.stringify(problemOf(fault))}\n`, {
    status: fault.status,
    headers: { 'content-type': PROBLEM_TYPE, 'cache-control': 'no-store', ...headers },
  })
}

function faultOf(thrown: unknown): Fault {
  if (thrown instanceof Fault) return thrown
  if (thrown instanceof Refusal) return thrown.fault
  if (thrown instanceof HTTPException && thrown.status === 413) return managementFaults['too-large']()
  if (thrown instanceof HTTPException && thrown.status < 500) {
    return managementFaults['bad-request']({ detail: thrown.message.slice(0, 200) })
  }
  return managementFaults.failed({ cause: thrown })
}

function problemOf(fault: Fault): Problem {
  return {
    type: `urn:portcullis:fault:${fault.code}`,
    title: fault.title,
    status: fault.status,
    ...(fault.detail !== undefined && { detail: fault.detail }),
    code: fault.code,
    remedy: fault.remedy,
    ...(fault instanceof FindingsFault && { findings: [...fault.findings] }),
  }
}
