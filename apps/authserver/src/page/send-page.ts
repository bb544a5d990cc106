import type { ServerResponse } from 'node:http'
import type { Fault } from '@portcullis/kernel/fault'
import type { Log } from '@portcullis/ports/log/port'
import { errors } from 'oidc-provider'
import { authserverFaults } from '../fault.ts'
import { faultOf } from '../problem.ts'
import { type ForwardPage, forwardPage } from './forward-page.ts'
import { pageHeaders } from './layout.ts'
import { messagePage } from './message-page.ts'

export function sendPage(response: ServerResponse, status: number, page: string, formTarget?: string): void {
  response.statusCode = status
  for (const [name, value] of Object.entries(pageHeaders(formTarget))) response.setHeader(name, value)
  response.end(page)
}

/**
 * Sends a browser on: by redirect, or after a form by way of a page, since browsers hold every redirect that follows a form to
 * where it may go (CSP 3 §6.4.2, `form-action`), and whoever is there may send them on.
 */
export function sendOn(
  response: ServerResponse,
  location: string,
  byWayOf: Omit<ForwardPage, 'location'> | undefined,
): void {
  if (byWayOf === undefined) {
    response.writeHead(303, { Location: location, 'Cache-Control': 'no-store' }).end()
    return
  }
  response.setHeader('Refresh', `0; url=${location}`)
  sendPage(response, 200, forwardPage({ ...byWayOf, location }))
}

/** Tells a person what went wrong, and the log what is not theirs to know. */
export function sendFaultPage(
  organization: string,
  log: Log,
  response: ServerResponse,
  thrown: unknown,
): void {
  const expired = thrown instanceof errors.SessionNotFound
  const fault = expired ? authserverFaults['interaction-expired']() : faultOf(thrown)
  if (fault.status >= 500) log.error('sign-in failed', { organization, error: thrown })
  // A fault behind a port speaks to operators; people who sign in are only told to try again.
  const shown = fault.status >= 500 ? authserverFaults.failed() : fault
  const lines = [shown.detail, personal(shown)].filter((line) => line !== undefined)
  sendPage(response, fault.status, messagePage({ organization: 'Sign-in', title: shown.title, lines }))
}

function personal(fault: Fault): string {
  return fault.status >= 500 ? 'Try again in a moment.' : fault.remedy
}
