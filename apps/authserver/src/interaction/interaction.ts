import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AppSpec } from '@portcullis/model/resource/app'
import type { TrySignIn } from '@portcullis/oauth/sign-in'
import type { Clock } from '@portcullis/ports/clock/port'
import type { Log } from '@portcullis/ports/log/port'
import type { Mail } from '@portcullis/ports/mail/port'
import type { Store } from '@portcullis/ports/store/port'
import type { InteractionResults } from 'oidc-provider'
import { authserverFaults } from '../fault.ts'
import { sendFaultPage, sendPage } from '../page/send-page.ts'
import { readApp } from '../provider/own-app.ts'
import { SECOND_FACTOR } from '../provider/prompt.ts'
import type { SecondFactors } from '../second-factor/second-factors.ts'
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
  readonly secondFactors: SecondFactors
}

/** A sign-in under way, of one browser, for one authorization request. */
export interface Interaction {
  readonly tenant: Tenant
  readonly ports: InteractionPorts
  readonly uid: string
  readonly clientId: string
  readonly app: AppSpec
  /** Of the browser. */
  readonly address: string
  readonly request: IncomingMessage
  /** What the client asked for. */
  readonly scopes: readonly string[]
  readonly resource: string | undefined
  readonly redirectUri: string | undefined
  /** Who is signed in, where somebody is. */
  readonly user: string | undefined
  readonly grantId: string | undefined
  /** Where the form of its page goes. */
  readonly action: string
  readonly formToken: string
}

/** What a form leads to: the page again, or the end of this step. */
export type Answer =
  | { readonly page: string; readonly status: number; readonly retryAfterSeconds?: number }
  | { readonly result: InteractionResults; readonly cookie?: string }

/** What each prompt of oidc-provider shows, and what its form leads to. */
const STEPS: Readonly<Record<string, Step>> = {
  login: { show: showSignIn, answer: answerSignIn },
  [SECOND_FACTOR]: { show: showSecondFactor, answer: answerSecondFactor },
  consent: { show: showConsent, answer: answerConsent },
}

interface Step {
  show(interaction: Interaction): Promise<string>
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
    if (request.method === 'GET' || request.method === 'HEAD') {
      return sendPage(response, 200, await step.show(interaction), interaction.redirectUri)
    }
    if (request.method !== 'POST') throw authserverFaults['method-not-allowed']()
    const form = await readForm(request)
    demandOwnForm(request, tenant.issuer.origin, interaction.formToken, form.get('form'))
    const answer = await step.answer(interaction, form)
    if ('result' in answer && answer.cookie !== undefined) response.appendHeader('Set-Cookie', answer.cookie)
    if ('result' in answer) return await tenant.provider.interactionFinished(request, response, answer.result)
    if (answer.retryAfterSeconds !== undefined) response.setHeader('Retry-After', answer.retryAfterSeconds)
    sendPage(response, answer.status, answer.page, interaction.redirectUri)
  } catch (thrown) {
    sendFaultPage(tenant.organization, ports.log, response, thrown)
  }
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
  const app =
    typeof clientId === 'string'
      ? await readApp(ports.store, tenant.organization, tenant.issuer, clientId)
      : undefined
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
      scopes: typeof scope === 'string' ? scope.split(' ') : [],
      resource: typeof resource === 'string' ? resource : undefined,
      redirectUri: typeof redirectUri === 'string' ? redirectUri : undefined,
      user: details.session?.accountId,
      grantId: details.grantId,
      action: `${tenant.issuer.pathname}/interaction/${uid}`,
      formToken: formToken(tenant.formKey, `${details.prompt.name} ${uid}`),
    },
  }
}
