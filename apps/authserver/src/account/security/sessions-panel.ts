import { html } from '../../page/html.ts'
import { oidcCollections } from '../../provider/collection.ts'
import { sessionOrigins } from '../../provider/session-origin.ts'
import type { AccountAnswer, AccountPanel, AccountVisit } from '../account-page.ts'

const MOST_SHOWN = 100

interface OpenSession {
  readonly uid: string
  /** Seconds since the epoch. */
  readonly since: number
  readonly address: string | undefined
  readonly browser: string | undefined
}

/** Where the user is signed in, and an end to that: here, there, or everywhere. */
export const sessionsPanel: AccountPanel = {
  id: 'sessions',
  title: 'Where you are signed in',

  async show(visit) {
    const sessions = await openSessions(visit)
    const items = sessions.map(
      ({
        uid,
        since,
        address,
        browser,
      }) => html`<li>${browser ?? 'A browser'}, since ${timeOf(since)}${address === undefined ? '' : ` from ${address}`}${
        uid === visit.session
          ? ' (this one)'
          : html`
<form method="post" action="${visit.action}">
<input type="hidden" name="form" value="${visit.formToken}">
<input type="hidden" name="session" value="${uid}">
<button type="submit" name="decision" value="end">Sign out there</button>
</form>`
      }</li>
`,
    )
    return html`<ul>
${items}</ul>
<form method="post" action="${visit.action}">
<input type="hidden" name="form" value="${visit.formToken}">
<button type="submit" name="decision" value="end-all">Sign out everywhere</button>
</form>
<p>Signing out everywhere also ends what apps may do in your name while you are away. You sign in anew, here too.</p>`
  },

  async answer(visit, form): Promise<AccountAnswer> {
    const { tenant, ports, user } = visit
    const { organization } = tenant
    if (form.get('decision') === 'end-all') {
      await tenant.revoker.revokeSubject(user)
      ports.log.info('signed out everywhere', { organization, subject: user })
      return { signIn: 'again' }
    }
    const session = form.get('session')
    const isOwn = (await openSessions(visit)).some(({ uid }) => uid === session)
    if (session === undefined || !isOwn) return { wrong: 'That session is over already.' }
    await tenant.revoker.revokeSession(session)
    ports.log.info('session ended', { organization, subject: user })
    return { done: 'You are signed out there.' }
  },
}

async function openSessions({ tenant, ports: { store }, user }: AccountVisit): Promise<OpenSession[]> {
  const { organization, revoker } = tenant
  const where = { attribute: 'accountId', equals: user }
  const found = await store.find(oidcCollections.Session, organization, { where, limit: MOST_SHOWN })
  const open: OpenSession[] = []
  for (const { value } of found) {
    const { uid, loginTs } = value
    if (uid === undefined || typeof loginTs !== 'number') continue
    if (await revoker.covers({ subject: user, session: uid, issuedAt: loginTs * 1000 })) continue
    const origin = await store.get(sessionOrigins, organization, uid)
    open.push({ uid, since: loginTs, address: origin?.value.address, browser: origin?.value.browser })
  }
  return open.toSorted((one, other) => other.since - one.since)
}

function timeOf(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}
