import { idOf, resources, SYSTEM } from '@portcullis/model/collection'
import { newPasswordToken, passwordUrl } from '@portcullis/oauth/password/password-token'
import type { Clock } from '@portcullis/ports/clock/port'
import type { Mail } from '@portcullis/ports/mail/port'
import type { Store } from '@portcullis/ports/store/port'
import type { Changer } from '../change/changer.ts'
import { credentialFaults } from './fault.ts'

const GOOD_FOR_DAYS = 7
const DAY_MILLIS = 86_400_000

interface Parts {
  readonly store: Store
  readonly clock: Clock
  readonly changer: Changer
  readonly mail: Mail | undefined
  readonly authserverUrl: string
}

/** Sends a declared user a link by which to choose a first password. Faults: `credential.*`, those of `Mail`. */
export async function inviteUser(
  { store, clock, changer, mail, authserverUrl }: Parts,
  organization: string,
  user: string,
  options: { readonly actor: string },
): Promise<void> {
  if (mail === undefined) throw credentialFaults['no-mail-server']()
  const [found, owner] = await Promise.all([
    store.get(resources, organization, idOf.resource('User', user)),
    store.get(resources, SYSTEM, idOf.resource('Organization', organization)),
  ])
  const spec = found?.value.kind === 'User' ? found.value.spec : undefined
  if (spec === undefined || spec.disabled)
    throw credentialFaults['unknown-user']({
      detail: `There is no user "${organization}/${user}" who may sign in.`,
    })
  if (spec.email === undefined) throw credentialFaults['no-mail-address']()
  const expiresAt = clock.now() + GOOD_FOR_DAYS * DAY_MILLIS
  const { token, change } = newPasswordToken(organization, { user, purpose: 'invitation' }, expiresAt)
  await changer.amend(options.actor, 'invite', `${organization}/User/${user}`, async () => ({
    changes: [change],
    result: undefined,
  }))
  const service = owner?.value.kind === 'Organization' ? owner.value.spec.title : organization
  await mail.send({
    to: spec.email,
    key: `invitation/${token.reveal().slice(0, 8)}/${expiresAt}`,
    subject: `${service}: choose your password`.slice(0, 200),
    text: `You have an account at ${service}. Your user name is "${user}".

Open this link within ${GOOD_FOR_DAYS} days, and choose your password:

${passwordUrl(`${authserverUrl}/${organization}`)}/${token.reveal()}
`,
  })
}
