import { Secret } from '@portcullis/kernel/secret'
import { passwordUrl } from '@portcullis/oauth/password/password-token'
import { acrs } from '@portcullis/oauth/sign-in/acr'
import { browserOf, rememberBrowser } from '../known-browser/known-browsers.ts'
import { type SignInProblem, signInPage } from '../page/sign-in-page.ts'
import { homeOf, type Realm, realmOf } from '../upstream/home-realm.ts'
import type { Provider } from '../upstream/providers.ts'
import type { BrowserUpstream, PasswordUpstream } from '../upstream/upstream.ts'
import { acceptIdentity, comeBack, goTo } from './federated-sign-in.ts'
import type { Answer, Interaction } from './interaction.ts'
import { answerLink, answerPasskeyLink, showLink, showPasskeyLink } from './link-form.ts'
import { answerPasskeySignIn, showPasskeySignIn } from './passkey-sign-in.ts'

const MOST_SHOWN = 254

/** By the button. */
const LINKING: Readonly<Record<string, typeof answerLink>> = {
  link: answerLink,
  'link-passkey': (interaction, form) => showPasskeyLink(interaction, form),
  'link-passkey-proof': answerPasskeyLink,
  'link-back': showLink,
}

type BrowserProvider = Provider & { readonly upstream: BrowserUpstream }
type PasswordProvider = Provider & { readonly upstream: PasswordUpstream }

/** The page, or at once the provider with which the user signs in, where that is known. */
export async function showSignIn(interaction: Interaction): Promise<Answer> {
  const { query, asked } = interaction
  const state = query.get('state')
  if (state !== null) return comeBack(interaction, state)
  const realm = await readRealm(interaction)
  const login = asked.loginHint
  const home = homeOf(realm, { provider: query.get('provider') ?? asked.provider, login })
  if (home !== undefined && isBrowser(home)) return goTo(interaction, home, login)
  return { status: 200, page: await pageOf(interaction, realm, { user: login ?? '', home }) }
}

export async function answerSignIn(
  interaction: Interaction,
  form: ReadonlyMap<string, string>,
): Promise<Answer> {
  const decision = form.get('decision')
  if (decision === 'cancel') {
    return { result: { error: 'access_denied', error_description: 'the user did not sign in' } }
  }
  if (decision === 'passkey') return showPasskeySignIn(interaction)
  if (decision === 'passkey-proof') return answerPasskeySignIn(interaction, form)
  if (decision === 'back') return showSignIn(interaction)
  const linking = decision !== undefined && Object.hasOwn(LINKING, decision) ? LINKING[decision] : undefined
  if (linking !== undefined) return linking(interaction, form)
  const user = form.get('user')?.trim() ?? ''
  const realm = await readRealm(interaction)
  const home = homeOf(realm, { provider: form.get('provider'), login: user })
  if (home !== undefined && isBrowser(home)) return goTo(interaction, home, user)
  if (decision === 'next') {
    return { status: 200, page: await pageOf(interaction, realm, { user, home, isNamed: true }) }
  }
  const password = new Secret(form.get('password') ?? '')
  if (home !== undefined && isPassword(home)) return askProvider(interaction, realm, home, user, password)
  if (!realm.hasOwnUsers) return refuse(interaction, realm, { user, home })
  return askUs(interaction, realm, user, password)
}

async function askUs(
  interaction: Interaction,
  realm: Realm,
  user: string,
  password: Secret,
): Promise<Answer> {
  const { tenant, ports, address, request, clientId: client } = interaction
  const { organization } = tenant
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
      return refuse(interaction, realm, { user })
    case 'limited':
      return limit(interaction, realm, { user }, signIn.retryAfterSeconds)
  }
}

async function askProvider(
  interaction: Interaction,
  realm: Realm,
  home: PasswordProvider,
  user: string,
  password: Secret,
): Promise<Answer> {
  const { tenant, ports, address } = interaction
  const name = `${home.name} ${user}`
  const retryAfterSeconds = await ports.countSignIn(tenant.organization, name, address)
  if (retryAfterSeconds > 0) return limit(interaction, realm, { user, home }, retryAfterSeconds)
  const identity = await home.upstream.verify(user, password)
  if (identity === undefined) return refuse(interaction, realm, { user, home })
  return acceptIdentity(interaction, home, identity)
}

interface Shown {
  readonly user: string
  readonly home?: Provider | undefined
  /** The user has said who they are, and nobody else is to be asked. */
  readonly isNamed?: boolean
}

async function refuse(interaction: Interaction, realm: Realm, shown: Shown): Promise<Answer> {
  const { tenant, ports, address, clientId: client } = interaction
  const { organization } = tenant
  // What was typed as a name may be a password, so it is not written down.
  ports.log.warn('sign-in refused', { organization, client, address, ...providerOf(shown) })
  return { status: 422, page: await pageOf(interaction, realm, shown, { kind: 'refused' }) }
}

async function limit(
  interaction: Interaction,
  realm: Realm,
  shown: Shown,
  retryAfterSeconds: number,
): Promise<Answer> {
  const { tenant, ports, address, clientId: client } = interaction
  const { organization } = tenant
  ports.log.warn('sign-in limited', { organization, client, address, ...providerOf(shown) })
  const page = await pageOf(interaction, realm, shown, { kind: 'limited', retryAfterSeconds })
  return { status: 429, retryAfterSeconds, page }
}

function providerOf({ home }: Shown) {
  return home === undefined ? {} : { provider: home.name }
}

async function readRealm({ tenant, app }: Interaction): Promise<Realm> {
  return realmOf(app, await tenant.federation.listProviders())
}

async function pageOf(
  interaction: Interaction,
  { providers, hasOwnUsers }: Realm,
  { user, home, isNamed = false }: Shown,
  problem?: SignInProblem,
): Promise<string> {
  const { tenant, ports, app, action, formToken } = interaction
  const discovers = providers.some(({ spec }) => spec.mailDomains !== undefined)
  const isKnown = home !== undefined || isNamed || problem !== undefined
  const takesPassword = home !== undefined || hasOwnUsers
  return signInPage({
    organization: await tenant.title(),
    app: app.title,
    action,
    formToken,
    user: user.slice(0, MOST_SHOWN),
    asks: discovers && !isKnown ? 'name' : takesPassword ? 'password' : 'nothing',
    providers: providers
      .filter(({ name }) => name !== home?.name)
      .map(({ name, spec }) => ({ name, title: spec.title })),
    ...(ports.mail !== undefined && hasOwnUsers && { recoveryUrl: passwordUrl(tenant.issuer.pathname) }),
    ...(home && { of: { name: home.name, title: home.spec.title } }),
    ...(problem && { problem }),
  })
}

function isBrowser(provider: Provider): provider is BrowserProvider {
  return provider.upstream.by === 'browser'
}

function isPassword(provider: Provider): provider is PasswordProvider {
  return provider.upstream.by === 'password'
}
