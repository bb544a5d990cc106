import { Secret } from '@portcullis/kernel/secret'
import { acrs } from '@portcullis/oauth/acr'
import { passwordUrl } from '@portcullis/oauth/password-token'
import { browserOf, rememberBrowser } from '../known-browser/known-browsers.ts'
import { type SignInProblem, signInPage } from '../page/sign-in-page.ts'
import type { Answer, Interaction } from './interaction.ts'

const MOST_SHOWN = 63

export function showSignIn(interaction: Interaction): Promise<string> {
  return pageOf(interaction, '')
}

export async function answerSignIn(
  interaction: Interaction,
  form: ReadonlyMap<string, string>,
): Promise<Answer> {
  if (form.get('decision') === 'cancel') {
    return { result: { error: 'access_denied', error_description: 'the user did not sign in' } }
  }
  const { tenant, ports, address, request, clientId: client } = interaction
  const { organization } = tenant
  const user = form.get('user')?.trim() ?? ''
  const password = new Secret(form.get('password') ?? '')
  const browser = browserOf(request, tenant.issuer)
  const signIn = await ports.trySignIn({ organization, user, password, address, browser })
  switch (signIn.outcome) {
    case 'accepted':
      ports.log.info('signed in', { organization, subject: signIn.user, client, address })
      // Not remembered: the cookie ends with the browser, the session by its own limits.
      return {
        result: { login: { accountId: signIn.user, acr: acrs.password, amr: ['pwd'], remember: false } },
        cookie: await rememberBrowser(ports, organization, tenant.issuer, {
          user: signIn.user,
          request,
          address,
        }),
      }
    case 'refused':
      // What was typed as a name may be a password, so it is not written down.
      ports.log.warn('sign-in refused', { organization, client, address })
      return { status: 422, page: await pageOf(interaction, user, { kind: 'refused' }) }
    case 'limited': {
      const { retryAfterSeconds } = signIn
      ports.log.warn('sign-in limited', { organization, client, address })
      const page = await pageOf(interaction, user, { kind: 'limited', retryAfterSeconds })
      return { status: 429, retryAfterSeconds, page }
    }
  }
}

async function pageOf(interaction: Interaction, user: string, problem?: SignInProblem): Promise<string> {
  const { tenant, ports, app, action, formToken } = interaction
  const page = {
    organization: await tenant.title(),
    app: app.title,
    action,
    formToken,
    user: user.slice(0, MOST_SHOWN),
    ...(ports.mail !== undefined && { recoveryUrl: passwordUrl(tenant.issuer.href) }),
  }
  return signInPage(problem === undefined ? page : { ...page, problem })
}
