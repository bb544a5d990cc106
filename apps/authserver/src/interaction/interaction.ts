import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AppSpec } from '@portcullis/model/resource/app'
import type { AuthorizationDetail } from '@portcullis/oauth/authorization-detail'
import type { CountSignIn, TrySignIn } from '@portcullis/oauth/sign-in/sign-in'
import type { Clock } from '@portcullis/ports/clock/port'
import type { Counters } from '@portcullis/ports/counters/port'
import type { Log } from '@portcullis/ports/log/port'
import type { Mail } from '@portcullis/ports/mail/port'
import type { Store } from '@portcullis/ports/store/port'
import type { Vault } from '@portcullis/ports/vault/port'
import type { Web } from '@portcullis/ports/web/port'
import type { InteractionResults } from 'oidc-provider'
import { readDetails } from '../authorization-details/check-details.ts'
import { authserverFaults } from '../fault.ts'
import { nativeTarget } from '../page/layout.ts'
import { sendFaultPage, sendOn, sendPage } from '../page/send-page.ts'
import { PROVIDER_HINT, SECOND_FACTOR } from '../provider/prompt.ts'
import type { AuthenticatorApps } from '../second-factor/app/authenticator-apps.ts'
import type { Tenant } from '../tenant.ts'
import { answerConsent, showConsent } from './consent.ts'
import { demandOwnForm, formToken } from './form-token.ts'
import { readForm } from './read-form.ts'
import { answerSecondFactor, showSecondFactor } from './second-factor-form.ts'
import { answerSignIn, showSignIn } from './sign-in-form.ts'

export interface InteractionPorts {
  readonly store: Store
  readonly clock: Clock
  readonly mail?: Mail | undefined
  readonly log: Log
  readonly trySignIn: TrySignIn
  readonly countSignIn: CountSignIn
  readonly counters: Counters
  readonly web: Web
  readonly vault: Vault
  readonly authenticatorApps: AuthenticatorApps
}

/** A sign-in under way, of one browser, for one authorization request. */
export interface Interaction {
  readonly tenant: Tenant
  readonly ports: InteractionPorts
  readonly uid: string
  readonly clientId: string
  readonly app: AppSpec
  /** Of the page that was asked for. */
  readonly query: URLSearchParams
  /** What the client asked of the sign-in. */
  readonly asked: AskedSignIn
  /** Of the browser. */
  readonly address: string
  readonly request: IncomingMessage
  /** What the client asked for. */
  readonly scopes: readonly string[]
  readonly resource: string | undefined
  /** What it asked for beyond scopes (RFC 9396). */
  readonly details: readonly AuthorizationDetail[]
  readonly redirectUri: string | undefined
  /** Who is signed in, where somebody is. */
  readonly user: string | undefined
  /** How, as RFC 8176 calls it. */
  readonly amr: readonly string[]
  readonly grantId: string | undefined
  /** Where the form of its page goes. */
  readonly action: string
  readonly formToken: string
}

/** As the authorization request says it. */
export interface AskedSignIn {
  /** The user is to sign in although somebody is signed in. */
  readonly again: boolean
  readonly acrs: readonly string[]
  readonly maxAgeSeconds: number | undefined
  readonly loginHint: string | undefined
  /** By name. */
  readonly provider: string | undefined
}

/** What a step leads to: a page, somebody else's address, or its end. */
export type Answer =
  | ShownPage
  | { readonly forward: URL; readonly title: string }
  | { readonly result: InteractionResults; readonly cookie?: string }

interface ShownPage {
  readonly page: string
  readonly status: number
  readonly retryAfterSeconds?: number
  /** Where a form of the page goes that is not for us. */
  readonly formTarget?: string
}

/** What each prompt of oidc-provider shows, and what its form leads to. */
const STEPS: Readonly<Record<string, Step>> = {
  login: { show: showSignIn, answer: answerSignIn },
  [SECOND_FACTOR]: { show: showSecondFactor, answer: answerSecondFactor },
  consent: { show: showConsent, answer: answerConsent },
}

interface Step {
  show(interaction: Interaction): Promise<string | Answer>
  answer(interaction: Interaction, form: ReadonlyMap<string, string>): Promise<Answer>
}

export interface InteractionRequest {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** From the path. */
  readonly uid: string
  /** Of the browser. */
  readonly address: string
}

/** Answers `<issuer>/interaction/<uid>`: shows the page that is due on GET, takes its form on POST. */
export async function serveInteraction(
  tenant: Tenant,
  ports: InteractionPorts,
  { request, response, uid, address }: InteractionRequest,
): Promise<void> {
  try {
    const { step, interaction } = await loadInteraction(tenant, ports, { request, response, uid, address })
    const isShown = request.method === 'GET' || request.method === 'HEAD'
    if (!isShown && request.method !== 'POST') throw authserverFaults['method-not-allowed']()
    const answer = isShown ? await step.show(interaction) : await answerForm(step, interaction, request)
    const native = nativeTarget(interaction.redirectUri)
    if (typeof answer === 'string') return sendPage(response, 200, answer, native)
    const byWayOf = async (title: string) =>
      isShown ? undefined : { organization: await tenant.title(), title }
    if ('result' in answer) {
      if (answer.cookie !== undefined) response.appendHeader('Set-Cookie', answer.cookie)
      const next = await tenant.provider.interactionResult(request, response, answer.result)
      return sendOn(response, next, native === undefined ? await byWayOf(interaction.app.title) : undefined)
    }
    if ('forward' in answer) return sendOn(response, answer.forward.href, await byWayOf(answer.title))
    if (answer.retryAfterSeconds !== undefined) response.setHeader('Retry-After', answer.retryAfterSeconds)
    sendPage(response, answer.status, answer.page, answer.formTarget ?? native)
  } catch (thrown) {
    sendFaultPage(tenant.organization, ports.log, response, thrown)
  }
}

async function answerForm(step: Step, interaction: Interaction, request: IncomingMessage): Promise<Answer> {
  const form = await readForm(request)
  demandOwnForm(request, interaction.tenant.issuer.origin, interaction.formToken, form.get('form'))
  return step.answer(interaction, form)
}

async function loadInteraction(
  tenant: Tenant,
  ports: InteractionPorts,
  { request, response, uid, address }: InteractionRequest,
): Promise<{ step: Step; interaction: Interaction }> {
  // Reads the cookie and refuses a sign-in that this browser did not begin.
  const details = await tenant.provider.interactionDetails(request, response)
  const step = STEPS[details.prompt.name]
  if (details.uid !== uid || step === undefined) throw authserverFaults['interaction-expired']()
  const { client_id: clientId, scope, resource, redirect_uri: redirectUri } = details.params
  const asked = details.params.authorization_details
  const app = typeof clientId === 'string' ? await tenant.readApp(clientId) : undefined
  if (app === undefined) throw authserverFaults['interaction-expired']()
  return {
    step,
    interaction: {
      tenant,
      ports,
      uid,
      clientId: app.name,
      app: app.spec,
      address,
      request,
      query: new URL(request.url ?? '', tenant.issuer).searchParams,
      asked: askedOf(details.params),
      scopes: typeof scope === 'string' ? scope.split(' ') : [],
      details: typeof asked === 'string' ? readDetails(asked) : [],
      resource: typeof resource === 'string' ? resource : undefined,
      redirectUri: typeof redirectUri === 'string' ? redirectUri : undefined,
      user: details.session?.accountId,
      amr: details.session?.amr ?? [],
      grantId: details.grantId,
      action: `${tenant.issuer.pathname}/interaction/${uid}`,
      formToken: formToken(tenant.formKey, `${details.prompt.name} ${uid}`),
    },
  }
}

function askedOf(params: Readonly<Record<string, unknown>>): AskedSignIn {
  const text = (name: string): string | undefined => {
    const value = params[name]
    return typeof value === 'string' ? value : undefined
  }
  const { max_age: maxAge } = params
  return {
    again: text('prompt')?.split(' ').includes('login') === true,
    acrs: text('acr_values')?.split(' ') ?? [],
    maxAgeSeconds: maxAge === undefined ? undefined : Number(maxAge),
    loginHint: text('login_hint'),
    provider: text(PROVIDER_HINT),
  }
}
