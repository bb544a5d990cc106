import { acrs } from '@portcullis/oauth/sign-in/acr'
import { rememberBrowser } from '../known-browser/known-browsers.ts'
import { amrOf } from '../second-factor/passkey/passkey-method.ts'
import type { Answer, Interaction } from './interaction.ts'
import { provedByPasskey, showPasskeyPage } from './passkey-proof.ts'

/** Signs in with a passkey alone: the authenticator tells whose it is, and has made sure that it is its owner. */
export function showPasskeySignIn(interaction: Interaction, wrong?: string): Promise<Answer> {
  return showPasskeyPage(interaction, {
    heading: `Sign in to continue to ${interaction.app.title}`,
    wrong: wrong === undefined ? undefined : { title: 'You are not signed in', line: wrong },
    decision: 'passkey-proof',
    back: { decision: 'back', button: 'Sign in with a password' },
  })
}

export async function answerPasskeySignIn(
  interaction: Interaction,
  form: ReadonlyMap<string, string>,
): Promise<Answer> {
  const { tenant, ports, request, address, clientId: client } = interaction
  const { organization } = tenant
  const proof = await provedByPasskey(interaction, form)
  if (proof === undefined) {
    ports.log.warn('sign-in refused', { organization, client, address, method: 'passkey' })
    return showPasskeySignIn(interaction, 'That passkey is of no account here that may sign in.')
  }
  const { user } = proof
  ports.log.info('signed in', { organization, subject: user, client, address, method: 'passkey' })
  return {
    // What one has and what one is or knows: two factors at once.
    result: { login: { accountId: user, acr: acrs.multiFactor, amr: [...amrOf(proof)], remember: false } },
    cookie: await rememberBrowser(ports, organization, tenant.issuer, { user, request, address }),
  }
}
