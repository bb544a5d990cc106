import type { ServerResponse } from 'node:http'
import { Fault } from '@portcullis/kernel/fault'
import { authserverFaults } from './fault.ts'

/** What was thrown, as a fault: anything that is not one already tells the caller nothing. */
export function faultOf(thrown: unknown): Fault {
  if (thrown instanceof Fault) return thrown
  const internal = thrown instanceof Error ? thrown.message : String(thrown)
  return authserverFaults.failed({ internal, cause: thrown })
}

/** A problem document (RFC 9457). */
export function problemOf({ code, status, title, detail, remedy }: Fault): string {
  return `${JSON.stringify({ type: `urn:portcullis:fault:${code}`, title, status, detail, code, remedy })}\n`
}

export const PROBLEM_TYPE = 'application/problem+json'

export function sendProblem(response: ServerResponse, fault: Fault): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  response.statusCode = fault.status
  response.setHeader('Content-Type', PROBLEM_TYPE)
  response.setHeader('Cache-Control', 'no-store')
  response.end(problemOf(fault))
}
