import { acrs } from '@portcullis/oauth/sign-in/acr'
import { rememberBrowser } from '../known-browser/known-browsers.ts'
import { html } from '../page/html.ts'
import { writePage } from '../page/layout.ts'
import { passkeyForm } from '../page/passkey-form.ts'
import { amrOf, partsOf, purposeOf } from '../second-factor/passkey/passkey-method.ts'
import { beginProof, finishProof } from '../second-factor/passkey/passkeys.ts'
import type { Answer, Interaction } from './interaction.ts'

/** Signs in with a passkey alone: the authenticator tells whose it is, and has made sure that it is its owner. */
export async function showPasskeySignIn(interaction: Interaction, wrong?: string): Promise<Answer> {
  const { tenant, app, action, formToken } = interaction
  const problem =
    wrong === undefined
      ? undefined
      : html`<div id="wrong" class="wrong" role="alert" tabindex="-1" autofocus><h2>You are not signed in</h2><p>${wrong}</p></div>\n`
  const content = html`${problem}<h1>Sign in to continue to ${app.title}</h1>
${passkeyForm({
  kind: 'get',
  options: await beginProof(partsOf(interaction), undefined, purposeOf(interaction)),
  action,
  hidden: { form: formToken, decision: 'passkey-proof' },
  button: 'Use a passkey',
})}
<form method="post" action="${action}">
<input type="hidden" name="form" value="${formToken}">
<button type="submit" name="decision" value="back">Sign in with a password</button>
</form>`
  const title = wrong === undefined ? 'Sign in' : 'Error: sign in'
  const page = writePage({ title, organization: await tenant.title(), content })
  return { status: wrong === undefined ? 200 : 422, page }
}

export async function answerPasskeySignIn(
  interaction: Interaction,
  form: ReadonlyMap<string, string>,
): Promise<Answer> {
  const { tenant, ports, request, address, clientId: client } = interaction
  const { organization } = tenant
  const proof = await finishProof(
    partsOf(interaction),
    undefined,
    purposeOf(interaction),
    form.get('credential') ?? '',
  )
  const account = proof && (await tenant.readAccount(proof.user))
  // Who has no password here is let in by an identity provider, and by nobody else.
  if (proof === undefined || typeof account?.passwordChangedAt !== 'number') {
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
