import type { Approval, ApprovalState } from '@portcullis/model/approval/approval'
import { type ApprovalNotice, approvalNotices, idOf, resources } from '@portcullis/model/collection'
import { openApprovals } from '@portcullis/oauth/approval/approvals'
import { retriedNotice, toldNotice } from '@portcullis/oauth/approval/notice'
import { ownerOf } from '@portcullis/oauth/approval/owner-of'
import { findDue } from '@portcullis/oauth/due/due'
import type { Clock } from '@portcullis/ports/clock/port'
import type { Log } from '@portcullis/ports/log/port'
import { type Document, type Store, storeFaults } from '@portcullis/ports/store/port'
import fetchRequest from 'oidc-provider/lib/helpers/fetch_request.js'
import { type TellUserParts, tellUser } from '../tell-user.ts'
import type { Tenant } from '../tenant.ts'

export interface TellParts extends TellUserParts {
  readonly clock: Clock
  readonly log: Log
  readonly tenantOf: (organization: string) => Promise<Tenant>
}

const MOST_PEOPLE = 1_000

/** Tells all that is due. A message may come twice where a node dies in between; mail knows its own by their key. */
export async function tellDue(parts: TellParts): Promise<void> {
  const { store, clock, log } = parts
  for (const notice of await findDue(store, approvalNotices, clock.now())) {
    try {
      await tell(parts, notice.value)
      await store.commit([toldNotice(notice)])
    } catch (error) {
      // Another node was quicker.
      if (storeFaults.conflict.is(error)) continue
      log.warn('an approval was not told of', { ...notice.value, error })
      await retry(store, notice, clock.now())
    }
  }
}

async function retry(store: Store, notice: Document<ApprovalNotice>, nowMillis: number): Promise<void> {
  try {
    await store.commit(retriedNotice(notice, nowMillis))
  } catch (thrown) {
    if (!storeFaults.conflict.is(thrown)) throw thrown
  }
}

async function tell(parts: TellParts, { organization, approval: id, what }: ApprovalNotice): Promise<void> {
  const approvals = openApprovals(parts)
  const approval = await approvals.get(organization, id)
  if (approval === undefined) return
  const tenant = await parts.tenantOf(organization)
  const state = approvals.stateOf(approval)
  if (what === 'asked') return state === 'pending' ? tellApprovers(parts, tenant, approval) : undefined
  if (state === 'pending') return
  await pingApp(parts, tenant, approval, state)
  if (state === 'approved') await tellRecipient(parts, tenant, approval)
  await tellAsker(parts, tenant, approval, state)
}

/** Everybody with one of its roles who has an address, but whose own it is. */
async function tellApprovers(parts: TellParts, tenant: Tenant, approval: Approval): Promise<void> {
  const { organization, issuer } = tenant
  const where = { attribute: 'kind', equals: 'User' }
  const users = await parts.store.find(resources, organization, { where, limit: MOST_PEOPLE })
  const { user, recipient } = approval.asker
  const own = [user, recipient, await ownerOf(parts.store, organization, approval)]
  for (const { value } of users) {
    if (value.kind !== 'User' || own.includes(value.name)) continue
    if (!approval.approvers.roles.some((each) => value.spec.roles?.includes(each))) continue
    const text = `${approval.title}.\n\nAllow or refuse it until ${approval.expiresAt}:\n${issuer.href}/account/approvals\n`
    await tellUser(parts, tenant, value.name, {
      key: [approval.id, 'asked'],
      subject: 'something waits for your approval',
      text,
    })
  }
}

/** Where the token is: never the token, nor anything that would be enough to get it. */
async function tellRecipient(
  parts: TellParts,
  tenant: Tenant,
  { id, title, asker: { recipient } }: Approval,
): Promise<void> {
  if (recipient === undefined) return
  const text = `${title}: that was allowed.\n\nSign in and have it shown, once:\n${tenant.issuer.href}/account/approvals\n`
  await tellUser(parts, tenant, recipient, { key: [id, 'token'], subject: 'a token waits for you', text })
}

const WORDS: Readonly<Partial<Record<ApprovalState, string>>> = {
  approved: 'was allowed',
  refused: 'was refused',
  expired: 'was not decided in time',
}

async function tellAsker(
  parts: TellParts,
  tenant: Tenant,
  { id, title, asker, decisions }: Approval,
  state: ApprovalState,
): Promise<void> {
  const word = WORDS[state]
  if (asker.user === undefined || word === undefined) return
  const said = decisions.map(({ verdict, reason }) => `${verdict}${reason === '' ? '' : `: ${reason}`}`)
  const text = `${title}: that ${word}.\n${said.join('\n')}\n`
  const subject = `what you asked for ${word}`
  await tellUser(parts, tenant, asker.user, { key: [id, 'ended'], subject, text })
}

const ERRORS: Readonly<Partial<Record<ApprovalState, string>>> = {
  refused: 'access_denied',
  expired: 'expired_token',
}

/**
 * Tells the app which approval is over, and how; what it gives is for whoever has the app's own proof. Where tokens are brought to it and it
 * is told nowhere else, it is told there that there is none.
 */
async function pingApp(
  { store }: TellParts,
  tenant: Tenant,
  { id, kind, asker }: Approval,
  state: ApprovalState,
): Promise<void> {
  if (asker.app === undefined) return
  const document = await store.get(resources, tenant.organization, idOf.resource('App', asker.app))
  if (document?.value.kind !== 'App') return
  const { approvalUri, tokenDelivery } = document.value.spec
  if (approvalUri !== undefined) {
    return post(tenant, approvalUri, 'application/json', JSON.stringify({ approval: id, kind, state }))
  }
  const app = await tenant.provider.Client.find(asker.app)
  const error = ERRORS[state]
  if (kind !== 'token' || error === undefined || app === undefined || typeof tokenDelivery !== 'object')
    return
  await post(
    tenant,
    tokenDelivery.webhook,
    'application/jwt',
    await tenant.sealFor(app, { approval: id, error }),
  )
}

async function post({ provider }: Tenant, uri: string, type: string, body: string): Promise<void> {
  const answer = await fetchRequest(provider, uri, {
    method: 'POST',
    headers: { 'content-type': type },
    body,
  })
  await answer.body?.cancel()
  if (!answer.ok) throw new Error(`the app answered with ${answer.status}`)
}
