import { Fault } from '@portcullis/kernel/fault'
import type { Entitlement, Holder } from '@portcullis/model/approval/entitlement'
import { entitlementsOf, withdrawEntitlement } from '@portcullis/oauth/entitlement/entitlements'
import { html, type Markup } from '../../page/html.ts'
import { type OfferParts, requestScopes, scopeOffers } from '../../token-rules/scope-offers.ts'
import type { AccountAnswer, AccountPanel, AccountVisit } from '../account-page.ts'

/** Scopes that the user may ask for in advance, and those that they have for a while. */
export const scopesPanel: AccountPanel = {
  id: 'scopes',
  title: 'What you may do for a while',

  async show(visit) {
    const [own, offered] = await Promise.all([ownOf(visit), offeredTo(visit)])
    if (own.length === 0 && offered.length === 0) return undefined
    return html`<ul>
${own.map((each) => ownItem(visit, each))}${offered.map((each) => offeredItem(visit, each))}</ul>`
  },

  async answer(visit, form): Promise<AccountAnswer> {
    const { tenant, ports, user } = visit
    const { organization } = tenant
    try {
      if (form.get('decision') === 'give-back') {
        const id = form.get('entitlement') ?? ''
        if (!(await ownOf(visit)).some((each) => each.id === id)) return { wrong: 'That is over already.' }
        await withdrawEntitlement(ports, organization, id, user)
        // A token does not say by what it has a scope, so all of them end.
        await tenant.revoker.revokeSubject(user)
        return { signIn: 'again' }
      }
      const scope = form.get('scope') ?? ''
      const answer = await requestScopes(partsOf(visit), holderOf(visit), form.get('audience') ?? '', [scope])
      return { done: 'entitlement' in answer ? 'You have it now.' : 'It was asked for. Others decide now.' }
    } catch (thrown) {
      if (thrown instanceof Fault && thrown.status < 500) return { wrong: `${thrown.title}.` }
      throw thrown
    }
  },
}

interface Offered {
  readonly audience: string
  readonly api: string
  readonly scope: string
  readonly description: string
}

function holderOf({ user }: AccountVisit): Holder {
  return { kind: 'user', name: user }
}

function partsOf({ tenant, ports }: AccountVisit): OfferParts {
  const { store, clock, log } = ports
  return { store, clock, log, organization: tenant.organization, readDirectory: tenant.readDirectory }
}

function ownOf(visit: AccountVisit): Promise<readonly Entitlement[]> {
  return entitlementsOf(visit.ports.store, visit.tenant.organization, holderOf(visit))
}

/** Each scope once for each API that has it, in the words of its contract; not those that the user has. */
async function offeredTo(visit: AccountVisit): Promise<Offered[]> {
  const offers = await scopeOffers(partsOf(visit), holderOf(visit))
  const own = new Set(
    (await ownOf(visit)).flatMap(({ audience, scopes }) => scopes.map((scope) => `${audience} ${scope}`)),
  )
  const { audiences } = await visit.tenant.readDirectory()
  const offered = new Map<string, Offered>()
  for (const offer of offers) {
    for (const { audience, api, title, scopes } of audiences.values()) {
      if (offer.api !== undefined && offer.api !== api) continue
      for (const scope of offer.scopes) {
        const key = `${audience} ${scope}`
        if (!scopes.has(scope) || own.has(key)) continue
        offered.set(key, { audience, api: title, scope, description: scopes.get(scope) || scope })
      }
    }
  }
  return [...offered.values()]
}

function ownItem({ action, formToken }: AccountVisit, { id, scopes, expiresAt }: Entitlement): Markup {
  return html`<li><code>${scopes.join(' ')}</code>, until ${expiresAt.slice(0, 16).replace('T', ' ')} UTC
<form method="post" action="${action}">
<input type="hidden" name="form" value="${formToken}">
<input type="hidden" name="entitlement" value="${id}">
<button type="submit" name="decision" value="give-back">Give back, and sign in anew</button>
</form></li>
`
}

function offeredItem(
  { action, formToken }: AccountVisit,
  { audience, api, scope, description }: Offered,
): Markup {
  return html`<li>${description} <code>${scope}</code> in ${api}
<form method="post" action="${action}">
<input type="hidden" name="form" value="${formToken}">
<input type="hidden" name="audience" value="${audience}">
<input type="hidden" name="scope" value="${scope}">
<button type="submit" name="decision" value="ask">Ask for it</button>
</form></li>
`
}
