import { fingerprintOf } from '@portcullis/kernel/secret'
import type { Approval } from '@portcullis/model/approval/approval'
import { type Approvals, openApprovals } from '@portcullis/oauth/approval/approvals'
import { hurdleCodes } from '@portcullis/oauth/token-rules/judgement'
import type { ApprovalHurdle } from '@portcullis/oauth/token-rules/ruling'
import type { Clock } from '@portcullis/ports/clock/port'
import type { Log } from '@portcullis/ports/log/port'
import { type Change, put, type Store } from '@portcullis/ports/store/port'
import { errors } from 'oidc-provider'
import { type HeldToken, heldTokens, newPickUpCode, sameness, type ToHold } from './held-token.ts'
import type { TokenRequest } from './token-request.ts'

/** How long an app waits before it asks again, in seconds (RFC 8628 §3.5). */
export const POLL_SECONDS = 5

/** Holds a token back until people have allowed it; what the app is told meanwhile. */
export type AskForApproval = (request: TokenRequest, hurdle: ApprovalHurdle, held: ToHold) => Promise<Error>

export interface AskParts {
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
  readonly organization: string
}

export function askingForApproval(parts: AskParts): AskForApproval {
  const { store, clock, organization } = parts
  const approvals = openApprovals(parts)
  return async (request, hurdle, held) => {
    request.code = hurdleCodes.approval
    // A new one whenever it is asked for: only its fingerprint is kept.
    const code = newPickUpCode()
    const toHold = { ...held, pickUp: fingerprintOf(code) }
    const before = await askedBefore(parts, approvals, held)
    const approval = before?.approval ?? (await ask(store, approvals, organization, hurdle, toHold))
    request.approval = approval.id
    // Who was refused does not ask the same people again before the time is over that they had.
    if (approvals.stateOf(approval) === 'refused') {
      return new errors.CustomOIDCProviderError('access_denied', 'those who may allow it refused it')
    }
    if (before !== undefined) await store.commit([holding(organization, approval, toHold)])
    const seconds = Math.ceil((Date.parse(approval.expiresAt) - clock.now()) / 1000)
    request.more = {
      approval: approval.id,
      pick_up: code.reveal(),
      interval: POLL_SECONDS,
      expires_in: Math.max(0, seconds),
    }
    return new errors.AuthorizationPending('people must allow this token first')
  }
}

interface AskedBefore {
  readonly approval: Approval
}

/** The approval that was asked for the same token, unless it has come to nothing. */
async function askedBefore(
  { store, clock, organization }: AskParts,
  approvals: Approvals,
  held: ToHold,
): Promise<AskedBefore | undefined> {
  const where = { attribute: 'same', equals: sameness(held) }
  const found = await store.find(heldTokens, organization, { where })
  const newest = found.at(-1)
  const approval = newest === undefined ? undefined : await approvals.get(organization, newest.id)
  if (approval === undefined) return undefined
  const state = approvals.stateOf(approval)
  const isOver = Date.parse(approval.expiresAt) <= clock.now()
  const isNothing = state === 'expired' || state === 'withdrawn' || (state === 'refused' && isOver)
  return isNothing ? undefined : { approval }
}

async function ask(
  store: Store,
  approvals: Approvals,
  organization: string,
  { approvers, withinMillis }: ApprovalHurdle,
  held: HeldToken,
): Promise<Approval> {
  const { app, subject, audience, scopes, grant, recipient } = held
  const whom = subject === app ? 'for itself' : `for ${subject}`
  const { approval, changes } = approvals.prepare(organization, {
    kind: 'token',
    title: `${app} asks ${whom} for a token: ${scopes.join(' ') || 'no scopes'}`.slice(0, 300),
    details: { app, subject, audience, scopes: [...scopes], grant },
    asker: {
      app,
      ...(subject !== app && { user: subject }),
      ...(recipient !== undefined && { recipient }),
    },
    approvers,
    withinMillis,
  })
  await store.commit([...changes, holding(organization, approval, held)])
  return approval
}

/** As long again as people had to decide, to pick it up. */
function holding(organization: string, { id, askedAt, expiresAt }: Approval, held: HeldToken): Change {
  const end = Date.parse(expiresAt)
  return put(heldTokens, organization, id, held, { expiresAt: 2 * end - Date.parse(askedAt) })
}
