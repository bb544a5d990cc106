import { Secret } from '@portcullis/kernel/secret'
import { type Delivery, deliveries } from '@portcullis/model/collection'
import {
  type Claim,
  claimDelivery,
  endedDelivery,
  sealedDelivery,
} from '@portcullis/oauth/delivery/deliveries'
import { findDue } from '@portcullis/oauth/due/due'
import type { Clock } from '@portcullis/ports/clock/port'
import type { Log } from '@portcullis/ports/log/port'
import type { Secrets } from '@portcullis/ports/secrets/port'
import { type Document, type Store, storeFaults } from '@portcullis/ports/store/port'
import type { Client } from 'oidc-provider'
import fetchRequest from 'oidc-provider/lib/helpers/fetch_request.js'
import { TOKEN_DELIVERY } from '../provider/client.ts'
import type { Tenant } from '../tenant.ts'
import { makeApprovedAnswer } from './approved.ts'
import type { Made } from './made.ts'
import { makeBackchannelAnswer } from './push.ts'

export interface DeliverParts {
  readonly store: Store
  readonly secrets: Secrets
  readonly clock: Clock
  readonly log: Log
  readonly tenantOf: (organization: string) => Promise<Tenant>
}

/**
 * Brings what is due to apps. It is made once, kept sealed together with spending what it was made of, and brought until it is
 * taken or was tried often enough: a node may die anywhere in between. Should it die after an app has taken it and before that is
 * written, the app is brought the same once more.
 */
export async function deliverDue(parts: DeliverParts): Promise<void> {
  const { store, clock } = parts
  await Promise.all((await findDue(store, deliveries, clock.now())).map((due) => deliver(parts, due)))
}

async function deliver(parts: DeliverParts, due: Document<Delivery>): Promise<void> {
  const { store, clock, log } = parts
  const { organization, app: name, kind, tries } = due.value
  const facts = { organization, client: name, kind, tries }
  try {
    const claim = claimDelivery(due, clock.now())
    if (claim === undefined) return await giveUp(parts, due, facts)
    await store.commit(claim.changes)
    const tenant = await parts.tenantOf(organization)
    const app = await tenant.provider.Client.find(name)
    const made = app === undefined ? undefined : await madeOnce(parts, tenant, app, claim)
    if (app !== undefined && made !== undefined) await send(tenant, app, kind, made)
    await store.commit([endedDelivery(claim.id)])
    if (made !== undefined) log.info('brought to an app', facts)
  } catch (error) {
    // Another node has it.
    if (!storeFaults.conflict.is(error))
      log.warn('not brought to an app, it is tried again', { ...facts, error })
  }
}

/** What goes out: made now, or by an earlier try. */
async function madeOnce(
  { store, secrets }: DeliverParts,
  tenant: Tenant,
  app: Client,
  claim: Claim,
): Promise<Made | undefined> {
  const { sealed, organization } = claim.delivery
  const context = `${organization}/delivery`
  if (sealed !== undefined) return JSON.parse((await secrets.open(sealed, context)).reveal()) as Made
  const { kind, id } = claim.delivery
  const made =
    kind === 'backchannel'
      ? await makeBackchannelAnswer(tenant, app, claim.delivery)
      : await makeApprovedAnswer(tenant, app, id, store)
  if (made === undefined) return undefined
  const { spent = [], grantId, ...kept } = made
  const text = await secrets.seal(new Secret(JSON.stringify(kept)), context)
  await store.commit([...spent, sealedDelivery(claim, text, grantId)])
  return kept
}

/** Only to the address that the app is registered with, and as every address that apps name: `fetchRequest` guards it. */
async function send(
  { provider }: Tenant,
  app: Client,
  kind: Delivery['kind'],
  { type, bearer, body }: Made,
): Promise<void> {
  const declared = app[TOKEN_DELIVERY] as { readonly webhook?: string } | undefined
  const url = kind === 'backchannel' ? app.backchannelClientNotificationEndpoint : declared?.webhook
  if (url === undefined) throw new Error('the app has no such address any more')
  const answer = await fetchRequest(provider, url, {
    method: 'POST',
    headers: { 'content-type': type, ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }) },
    body,
  })
  await answer.body?.cancel()
  if (!answer.ok) throw new Error(`the app answered with ${answer.status}`)
}

/**
 * Nobody took it. Where a grant stands behind it alone, that is taken back, so that nobody has what it gave; else, as where a user's
 * consent stands behind it, what it gave lies with nobody and ends with its time.
 */
async function giveUp(
  { store, log, tenantOf }: DeliverParts,
  { id, value }: Document<Delivery>,
  facts: Readonly<Record<string, unknown>>,
): Promise<void> {
  if (value.grantId !== undefined) {
    const { provider } = await tenantOf(value.organization)
    await (await provider.Grant.find(value.grantId))?.destroy()
  }
  await store.commit([endedDelivery(id)])
  const after = value.grantId === undefined ? 'lies with nobody until it ends' : 'is revoked'
  log.error(`an app did not take what was brought to it, and what it gave ${after}`, facts)
}
