import { fingerprintOf, Secret, sameText } from '@portcullis/kernel/secret'
import type { Approval } from '@portcullis/model/approval/approval'
import { openApprovals } from '@portcullis/oauth/approval/approvals'
import { type Document, put, remove, storeFaults } from '@portcullis/ports/store/port'
import { errors, type KoaContextWithOIDC } from 'oidc-provider'
import { APPROVED_TOKEN } from '../../provider/client.ts'
import { POLL_SECONDS } from '../../token-rules/ask-for-approval.ts'
import { type HeldToken, heldTokens } from '../../token-rules/held-token.ts'
import { tokenRequestOf } from '../../token-rules/token-request.ts'
import { demandSubscription } from '../demand-subscription.ts'
import { type GrantParts, type OwnGrant, parameter } from '../grant.ts'
import { issueAccessToken, type ToIssue } from '../issue.ts'

/**
 * Picks up a token that people had to allow first. The app asks until they have, as with a device (RFC 8628 §3.5), and gets it
 * once. Whoever may ask for a token may pick it up, so no app names this grant.
 */
export const approvedToken: OwnGrant = {
  name: undefined,
  type: APPROVED_TOKEN,
  parameters: ['approval', 'pick_up'],
  async answer(ctx, parts) {
    const { organization, store } = parts
    const [id, code] = [parameter(ctx, 'approval'), parameter(ctx, 'pick_up')]
    if (id === undefined || code === undefined) {
      throw new errors.InvalidRequest('approval and pick_up are needed')
    }
    const document = await store.get(heldTokens, organization, id)
    if (document === undefined || !isTheirs(ctx, document.value, code)) {
      throw new errors.InvalidGrant('there is no such token to pick up')
    }
    await issueApproved(ctx, parts, document, { proved: true, spend: () => spend(parts, document) })
  },
}

/** Issues a token that was held, once people have allowed it and nothing else speaks against it. */
export async function issueApproved(
  ctx: KoaContextWithOIDC,
  parts: GrantParts,
  document: Document<HeldToken>,
  how: Pick<ToIssue, 'proved' | 'spend'>,
): Promise<void> {
  const { clock, organization, lifetimes } = parts
  const { id, value } = document
  const approval = await openApprovals(parts).get(organization, id)
  if (approval === undefined) throw new errors.InvalidGrant('there is no such token to pick up')
  const request = tokenRequestOf(ctx, () => clock.now())
  request.approval = id
  await demandApproved(parts, approval, document)
  await demandStanding(ctx, parts, value)
  const { app, subject, audience, scopes, claims, grant, jkt, x5t, details, refresh } = value
  // As it is now: what was allowed was this token, and not that the app keeps what gave it a claim to one.
  if (ctx.oidc.client?.grantTypeAllowed(grant) !== true)
    throw new errors.UnauthorizedClient('this app may not use the grant any more by which it asked')
  await demandSubscription(parts, app, audience, scopes)
  request.approved = { grant }
  await issueAccessToken(ctx, parts, {
    subject,
    audience,
    scopes,
    claims,
    ...(details !== undefined && { details }),
    ...(refresh !== undefined && { refresh }),
    seconds: lifetimes.accessTokenSeconds,
    mustBeBound: jkt !== undefined || x5t !== undefined,
    boundTo: { jkt, x5t },
    ...how,
  })
}

/** Approvers know which approval it is; only the app that asked knows the code. */
function isTheirs({ oidc }: KoaContextWithOIDC, { app, pickUp }: HeldToken, code: string): boolean {
  return app === oidc.client?.clientId && sameText(pickUp, fingerprintOf(new Secret(code)))
}

async function demandApproved(
  parts: GrantParts,
  approval: Approval,
  document: Document<HeldToken>,
): Promise<void> {
  switch (openApprovals(parts).stateOf(approval)) {
    case 'approved':
      return
    case 'pending':
      throw await pollingError(parts, document)
    case 'refused':
      throw new errors.CustomOIDCProviderError('access_denied', 'those who may allow it refused it')
    default:
      throw new errors.ExpiredToken('nobody allowed it in time')
  }
}

async function pollingError(
  { store, clock, organization }: GrantParts,
  { id, value, version, expiresAt }: Document<HeldToken>,
): Promise<Error> {
  const now = clock.now()
  const isTooSoon = value.polledAt !== undefined && now - value.polledAt < POLL_SECONDS * 1000
  const options = { expect: version, ...(expiresAt !== undefined && { expiresAt }) }
  try {
    await store.commit([put(heldTokens, organization, id, { ...value, polledAt: now }, options)])
  } catch (thrown) {
    // Another request of the same app was there at this moment.
    if (!storeFaults.conflict.is(thrown)) throw thrown
    return new errors.SlowDown('it is asked for twice at once')
  }
  return isTooSoon
    ? new errors.SlowDown(`ask every ${POLL_SECONDS} seconds`)
    : new errors.AuthorizationPending('people must allow this token first')
}

/** The user may still have tokens, and has not taken back what they allowed. */
async function demandStanding(
  ctx: KoaContextWithOIDC,
  { readAccount }: GrantParts,
  { app, subject, claims }: HeldToken,
): Promise<void> {
  if (subject === app) return
  const account = await readAccount(subject)
  const grant =
    claims.grant_id === undefined ? undefined : await ctx.oidc.provider.Grant.find(claims.grant_id)
  const isTakenBack = claims.grant_id !== undefined && grant?.accountId !== subject
  if (account === undefined || isTakenBack) throw new errors.InvalidGrant('this user may not have tokens')
}

/** Of several that pick it up at once one gets it. */
async function spend(
  { store, organization }: GrantParts,
  { id, version }: Document<HeldToken>,
): Promise<void> {
  try {
    await store.commit([remove(heldTokens, organization, id, version)])
  } catch (thrown) {
    if (storeFaults.conflict.is(thrown)) throw new errors.InvalidGrant('it was picked up already')
    throw thrown
  }
}
