import { createHmac } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { type Secret, sameText } from '@portcullis/kernel/secret'
import { authserverFaults } from '../fault.ts'

/** Ties a form to the sign-in for which it was shown; a page elsewhere can't know it. */
export function formToken(key: Secret, interaction: string): string {
  return createHmac('sha256', key.reveal()).update(interaction).digest('base64url')
}

/**
 * Refuses a form that another site sent. Three walls, each enough by itself: the sign-in's cookie is SameSite=Lax, the
 * browser tells where the form came from, and the form carries a token. Fault: `authserver.cross-site`.
 */
export function demandOwnForm(
  request: IncomingMessage,
  ownOrigin: string,
  expectedToken: string,
  token: string | undefined,
): void {
  const site = request.headers['sec-fetch-site']
  const { origin } = request.headers
  const own = site === undefined ? origin === undefined || origin === ownOrigin : site === 'same-origin'
  if (!own || !sameText(expectedToken, token ?? '')) throw authserverFaults['cross-site']()
}
