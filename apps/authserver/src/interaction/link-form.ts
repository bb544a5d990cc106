import { randomBytes } from 'node:crypto'
import { Secret } from '@portcullis/kernel/secret'
import { linkPage } from '../page/link-page.ts'
import type { SignInProblem } from '../page/sign-in-page.ts'
import { listPasskeys } from '../second-factor/passkey/passkeys.ts'
import { linkAccount } from '../upstream/accounts.ts'
import { upstreamFaults } from '../upstream/fault.ts'
import type { Provider } from '../upstream/providers.ts'
import type { UpstreamIdentity } from '../upstream/upstream.ts'
import type { Answer, Interaction } from './interaction.ts'
import { provedByPasskey, showPasskeyPage } from './passkey-proof.ts'
import { signedIn } from './signed-in.ts'

/** Asks somebody whom a provider told of for the account that is theirs. */
export async function askForLink(
  interaction: Interaction,
  provider: Provider,
  identity: UpstreamIdentity,
): Promise<Answer> {
  const proved = randomBytes(32).toString('base64url')
  await interaction.tenant.federation.proved.keep(proved, interaction.uid, provider.name, identity)
  return { status: 200, page: await pageOf(interaction, { provider, identity, proved, user: '' }) }
}

/**
 * Links the account, when the user has proved both: who they are there, and that the account is theirs. With a second
 * factor that is proved too, or a stolen password would be enough for a way in that stays.
 */
export async function answerLink(
  interaction: Interaction,
  form: ReadonlyMap<string, string>,
): Promise<Answer> {
  const { tenant, ports, address, clientId: client } = interaction
  const { organization } = tenant
  const user = form.get('user')?.trim() ?? ''
  const password = new Secret(form.get('password') ?? '')
  const shown = { ...(await readProved(interaction, form)), user }
  const signIn = await ports.trySignIn({ organization, user, password, address })
  if (signIn.outcome === 'limited') {
    const { retryAfterSeconds } = signIn
    const page = await pageOf(interaction, { ...shown, problem: { kind: 'limited', retryAfterSeconds } })
    return { status: 429, retryAfterSeconds, page }
  }
  if (signIn.outcome === 'refused' || !(await provesSecondFactor(interaction, signIn.user, form))) {
    ports.log.warn('link refused', { organization, client, address, provider: shown.provider.name })
    return { status: 422, page: await pageOf(interaction, { ...shown, problem: { kind: 'refused' } }) }
  }
  return link(interaction, shown, signIn.user)
}

/** A passkey proves an account as well as password and second factor do, and is the only way for who has no other second factor. */
export async function showPasskeyLink(
  interaction: Interaction,
  form: ReadonlyMap<string, string>,
  wrong?: string,
): Promise<Answer> {
  const { proved } = await readProved(interaction, form)
  return showPasskeyPage(interaction, {
    heading: 'Which account is yours?',
    wrong: wrong === undefined ? undefined : { title: 'The account is not linked', line: wrong },
    hidden: { proved },
    decision: 'link-passkey-proof',
    back: { decision: 'link-back', button: 'Use a password' },
  })
}

export async function answerPasskeyLink(
  interaction: Interaction,
  form: ReadonlyMap<string, string>,
): Promise<Answer> {
  const { tenant, ports, address, clientId: client } = interaction
  const shown = await readProved(interaction, form)
  const proof = await provedByPasskey(interaction, form)
  if (proof !== undefined) {
    // Its owner was verified: that is a second factor, and need not be asked for again right now.
    const identity = { ...shown.identity, multiFactor: true }
    return link(interaction, { ...shown, identity }, proof.user)
  }
  const { organization } = tenant
  const provider = shown.provider.name
  ports.log.warn('link refused', { organization, client, address, provider, method: 'passkey' })
  return showPasskeyLink(interaction, form, 'That passkey is of no account here that may sign in.')
}

/** From a passkey back to the form. */
export async function showLink(interaction: Interaction, form: ReadonlyMap<string, string>): Promise<Answer> {
  const shown = await readProved(interaction, form)
  return { status: 200, page: await pageOf(interaction, { ...shown, user: '' }) }
}

type Proved = Pick<Shown, 'provider' | 'identity' | 'proved'>

/** Who the user is elsewhere, as was proved before in this sign-in. */
async function readProved(
  { tenant: { federation }, uid }: Interaction,
  form: ReadonlyMap<string, string>,
): Promise<Proved> {
  const proved = form.get('proved') ?? ''
  const { provider: name, identity } = await federation.proved.find(proved, uid)
  const provider = (await federation.listProviders()).find((each) => each.name === name)
  if (provider === undefined) throw upstreamFaults.unknown()
  return { provider, identity, proved }
}

async function link(
  interaction: Interaction,
  { provider, identity, proved }: Proved,
  user: string,
): Promise<Answer> {
  const { tenant, ports, address, clientId: client } = interaction
  const { organization, federation } = tenant
  await linkAccount({ ...ports, organization }, provider, identity, user)
  await federation.proved.forget(proved)
  ports.log.info('account linked', { organization, subject: user, client, address, provider: provider.name })
  return signedIn(interaction, provider, identity, user)
}

async function provesSecondFactor(
  { tenant, ports }: Interaction,
  user: string,
  form: ReadonlyMap<string, string>,
): Promise<boolean> {
  const { organization } = tenant
  if (!(await ports.authenticatorApps.isEnrolled(organization, user))) {
    // Who has passkeys shows one instead.
    return (await listPasskeys({ store: ports.store, tenant }, user)).length === 0
  }
  const tried = await ports.authenticatorApps.attempt(organization, user, form.get('code') ?? '')
  return tried.outcome === 'accepted'
}

interface Shown {
  readonly provider: Provider
  readonly identity: UpstreamIdentity
  readonly proved: string
  readonly user: string
  readonly problem?: SignInProblem
}

async function pageOf({ tenant, action, formToken }: Interaction, shown: Shown): Promise<string> {
  const { provider, identity, proved, user, problem } = shown
  return linkPage({
    organization: await tenant.title(),
    action,
    formToken,
    proved,
    provider: provider.spec.title,
    name: identity.name ?? identity.mail?.address ?? identity.subject,
    user,
    ...(problem && { problem }),
  })
}
