import { passkeys } from '@portcullis/model/collection'
import { put, remove } from '@portcullis/ports/store/port'
import { html } from '../../page/html.ts'
import { passkeyForm } from '../../page/passkey-form.ts'
import { sendNotice } from '../../password/notice.ts'
import {
  beginEnrolment,
  finishEnrolment,
  listPasskeys,
  MOST_NAME_CHARACTERS,
  MOST_PASSKEYS,
} from '../../second-factor/passkey/passkeys.ts'
import type { AccountAnswer, AccountPanel, AccountVisit } from '../account-page.ts'
import { purposeOf } from '../purpose.ts'
import { signedInLately } from '../signed-in-lately.ts'

/** Several passkeys, each with a name of the user's own. */
export const passkeysPanel: AccountPanel = {
  id: 'passkeys',
  title: 'Passkeys',

  async show(visit) {
    const { action, formToken } = visit
    const known = await listPasskeys(partsOf(visit), visit.user)
    const items = known.map(
      ({
        id,
        value,
      }) => html`<li>${value.name}, since ${value.createdAt.slice(0, 10)}${value.usedAt === undefined ? '' : `, last used ${value.usedAt.slice(0, 10)}`}
<form method="post" action="${action}">
<input type="hidden" name="form" value="${formToken}">
<input type="hidden" name="passkey" value="${id}">
<label for="name-${id}">Name</label>
<input id="name-${id}" name="name" value="${value.name}" maxlength="${MOST_NAME_CHARACTERS}" required>
<button type="submit" name="decision" value="rename">Rename</button>
<button type="submit" name="decision" value="remove" formnovalidate>Remove</button>
</form></li>
`,
    )
    const full = known.length >= MOST_PASSKEYS
    return html`<p>A passkey lets you sign in with this device, a phone or a security key instead of a password. It can't be phished.</p>
<ul>
${items}</ul>
${
  full
    ? undefined
    : html`<form method="post" action="${action}">
<input type="hidden" name="form" value="${formToken}">
<button type="submit" name="decision" value="add">Add a passkey</button>
</form>`
}`
  },

  async answer(visit, form): Promise<AccountAnswer> {
    if (!signedInLately(visit)) return { signIn: 'again' }
    switch (form.get('decision')) {
      case 'add':
        return add(visit)
      case 'rename':
        return rename(visit, form.get('passkey'), form.get('name') ?? '')
      case 'remove':
        return take(visit, form.get('passkey'))
      default:
        return keep(visit, form)
    }
  },
}

async function add(visit: AccountVisit): Promise<AccountAnswer> {
  const { user, action, formToken } = visit
  const content = html`${passkeyForm({
    kind: 'create',
    options: await beginEnrolment(partsOf(visit), user, purposeOf(visit)),
    action,
    hidden: { form: formToken, decision: 'keep' },
    content: html`<label for="name">How you call it</label>
<input id="name" name="name" maxlength="${MOST_NAME_CHARACTERS}" placeholder="My phone" required autofocus>
`,
    button: 'Make the passkey',
  })}`
  return { title: 'Add a passkey', content }
}

async function keep(visit: AccountVisit, form: ReadonlyMap<string, string>): Promise<AccountAnswer> {
  const { tenant, ports, user } = visit
  const name = form.get('name') ?? ''
  const isKept = await finishEnrolment(
    partsOf(visit),
    user,
    purposeOf(visit),
    form.get('credential') ?? '',
    name,
  )
  if (!isKept) return { wrong: 'The passkey was not made. Try again.' }
  ports.log.info('passkey enrolled', { organization: tenant.organization, subject: user })
  tell(visit, 'added', 'A passkey was added to your account.')
  return { done: 'You can sign in with that passkey now.' }
}

async function rename(visit: AccountVisit, id: string | undefined, name: string): Promise<AccountAnswer> {
  const { tenant, ports } = visit
  const found = await ownPasskey(visit, id)
  const trimmed = name.trim().slice(0, MOST_NAME_CHARACTERS)
  if (found === undefined || trimmed === '') return { wrong: 'There is no such passkey, or no name.' }
  const value = { ...found.value, name: trimmed }
  await ports.store.commit([put(passkeys, tenant.organization, found.id, value, { expect: found.version })])
  return { done: 'It has another name now.' }
}

async function take(visit: AccountVisit, id: string | undefined): Promise<AccountAnswer> {
  const { tenant, ports, user } = visit
  const found = await ownPasskey(visit, id)
  if (found === undefined) return { wrong: 'There is no such passkey.' }
  await ports.store.commit([remove(passkeys, tenant.organization, found.id)])
  ports.log.info('passkey removed', { organization: tenant.organization, subject: user })
  tell(visit, `removed/${found.id}`, `The passkey "${found.value.name}" was removed from your account.`)
  return { done: 'Nobody signs in with that passkey any more.' }
}

async function ownPasskey(visit: AccountVisit, id: string | undefined) {
  return (await listPasskeys(partsOf(visit), visit.user)).find((each) => each.id === id)
}

function tell(visit: AccountVisit, key: string, text: string): void {
  const { tenant, ports, user } = visit
  sendNotice(ports, tenant, user, {
    key: `passkey/${key}/${ports.clock.now()}`,
    subject: 'Your passkeys were changed',
    text,
  })
}

function partsOf({ tenant, ports }: AccountVisit) {
  return { tenant, store: ports.store, clock: ports.clock }
}
