import type { IncomingMessage } from 'node:http'
import { isClientDocumentUrl } from '@portcullis/model/client-document'
import { acrs, meetsAcr } from '@portcullis/oauth/sign-in/acr'
import {
  type Account,
  type Client,
  type Configuration,
  interactionPolicy,
  type KoaContextWithOIDC,
} from 'oidc-provider'
import type { AuthorizationRules } from '../token-rules/rule-authorization.ts'
import { CONSENTED, FIRST_PARTY } from './client.ts'

const { Check, Prompt, base } = interactionPolicy

/** Asks for a second factor, after the password and before consent. */
export const SECOND_FACTOR = 'second-factor'

/** A parameter of authorization requests: the name of the identity provider with which the user is to sign in. */
export const PROVIDER_HINT = 'identity_provider'

/**
 * Whether a user of the organization has to prove a second factor to sign in at all. `request`: of a browser that the user may
 * have said to trust.
 */
export type NeedsSecondFactor = (user: string, request?: IncomingMessage) => Promise<boolean>

type Policy = NonNullable<NonNullable<Configuration['interactions']>['policy']>

/** Before consent: nobody is asked to agree to what is refused. It shows no page. */
const RULES = 'token-rules'

/** When a user is asked to sign in or to consent: oidc-provider's own rules and ours. */
export function prompts(
  signInSeconds: number,
  needsSecondFactor: NeedsSecondFactor,
  rules: AuthorizationRules,
): Policy {
  const policy = base()
  policy.get('login')?.checks.add(
    new Check(
      'session_over',
      'the session is no longer good for signing in',
      'login_required',
      ({ oidc }) => {
        const { session, account } = oidc
        return session?.accountId !== undefined && isSessionOver(session, account, signInSeconds)
      },
    ),
  )
  policy
    .get('login')
    ?.checks.add(
      new Check('rules_sign_in', 'the token rules ask for a fresh sign-in', 'login_required', (ctx) =>
        rules.needsSignIn(ctx),
      ),
    )
  const isLacking = new Check(
    'second_factor_missing',
    'a second factor is needed',
    'login_required',
    async (ctx) => (await lacksSecondFactor(ctx, needsSecondFactor)) || rules.needsSecondFactor(ctx),
  )
  policy.add(new Prompt({ name: SECOND_FACTOR, requestable: false }, isLacking), 1)
  const isRefused = new Check('rules_refuse', 'the token rules refuse it', 'access_denied', async (ctx) => {
    await rules.demandNotRefused(ctx)
    return Check.NO_NEED_TO_PROMPT
  })
  policy.add(new Prompt({ name: RULES, requestable: false }, isRefused), 2)
  // Nobody here vouches for who describes itself, either: another may get at its document.
  // RFC 8252 §8.6 asks native apps for consent each time; an operator's own app is exempt by declaration.
  const native = policy.get('consent')?.checks.get('native_client_prompt')
  if (native !== undefined) {
    const { check } = native
    native.check = (ctx) =>
      !isAllGiven(ctx) && (describesItself(ctx) ? !ctx.oidc.result?.consent : check(ctx))
  }
  return policy
}

/** The user was removed or disabled, changed the password since, or signed in too long ago. */
export function isSessionOver(
  session: { readonly loginTs?: number | undefined; past(seconds: number): boolean },
  account: Account | undefined,
  signInSeconds: number,
): boolean {
  if (account === undefined || session.past(signInSeconds)) return true
  return typeof account.passwordChangedAt === 'number' && (session.loginTs ?? 0) < account.passwordChangedAt
}

/** The user, the organization or the app asks for more than a password. */
async function lacksSecondFactor(
  { oidc, req }: KoaContextWithOIDC,
  needsSecondFactor: NeedsSecondFactor,
): Promise<boolean> {
  const { session, params } = oidc
  if (session?.accountId === undefined || session.acr === acrs.multiFactor) return false
  const asked = typeof params?.acr_values === 'string' ? params.acr_values.split(' ') : []
  return !meetsAcr(session.acr, asked) || needsSecondFactor(session.accountId, req)
}

/** Which scopes an app has without asking the user: all, or those to which an administrator has consented for everybody. */
function givenBy(client: Client): (scope: string) => boolean {
  if (client[FIRST_PARTY] === true) return () => true
  const consented: unknown = client[CONSENTED]
  return Array.isArray(consented) ? (scope) => consented.includes(scope) : () => false
}

function describesItself({ oidc }: KoaContextWithOIDC): boolean {
  return oidc.client !== undefined && isClientDocumentUrl(oidc.client.clientId)
}

function isAllGiven({ oidc }: KoaContextWithOIDC): boolean {
  const { client, requestParamScopes: asked } = oidc
  if (client?.[FIRST_PARTY] === true) return true
  return client !== undefined && asked.size > 0 && [...asked].every(givenBy(client))
}

/** The grant on which an authorization builds: the one that is there, with what nobody is asked for. */
export const loadExistingGrant: NonNullable<Configuration['loadExistingGrant']> = async ({ oidc }) => {
  const { client, session, account, provider } = oidc
  if (client === undefined || session === undefined || account === undefined) return undefined
  const grantId = consentedGrant(oidc.result?.consent) ?? session.grantIdFor(client.clientId)
  const known = grantId === undefined ? undefined : await provider.Grant.find(grantId)
  const mine = known?.accountId === account.accountId ? known : undefined
  const isGiven = givenBy(client)
  const identity = [...oidc.requestParamOIDCScopes].filter(isGiven)
  const given = [...oidc.requestParamScopes].filter(isGiven)
  if (given.length === 0 && identity.length === 0) return mine
  const grant = mine ?? new provider.Grant({ accountId: account.accountId, clientId: client.clientId })
  if (identity.length > 0) grant.addOIDCScope(identity)
  for (const [resource, server] of Object.entries(oidc.resourceServers ?? {})) {
    const asked = given.filter((scope) => server.scopes.has(scope))
    if (asked.length > 0) grant.addResourceScope(resource, asked)
  }
  await grant.save()
  return grant
}

function consentedGrant(consent: { readonly grantId?: string | undefined } | undefined): string | undefined {
  return consent?.grantId
}
