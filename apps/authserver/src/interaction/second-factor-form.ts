import { sameText } from '@portcullis/kernel/secret'
import { acrs } from '@portcullis/oauth/acr'
import { totpUri } from '@portcullis/oauth/totp'
import { authserverFaults } from '../fault.ts'
import { enrolmentPage, recoveryCodesPage, secondFactorPage } from '../page/second-factor-page.ts'
import type { SignInProblem } from '../page/sign-in-page.ts'
import type { SecondFactorTry } from '../second-factor/second-factors.ts'
import { formToken } from './form-token.ts'
import type { Answer, Interaction } from './interaction.ts'

export async function showSecondFactor(interaction: Interaction): Promise<string> {
  return pageOf(interaction)
}

export async function answerSecondFactor(
  interaction: Interaction,
  form: ReadonlyMap<string, string>,
): Promise<Answer> {
  const { tenant, ports } = interaction
  const user = userOf(interaction)
  const { organization } = tenant
  const code = form.get('code') ?? ''
  switch (form.get('decision')) {
    case 'cancel':
      return { result: { error: 'access_denied', error_description: 'the user did not sign in' } }
    case 'kept':
      if (!sameText(proofOf(interaction), form.get('proof') ?? '')) throw authserverFaults['cross-site']()
      return accepted(interaction, user, 'otp')
    case 'confirm': {
      const confirmed = await ports.secondFactors.confirm(organization, user, code)
      if ('outcome' in confirmed) return again(interaction, confirmed)
      ports.log.info('second factor enrolled', { organization, subject: user })
      const page = { ...(await shownOf(interaction)), codes: confirmed, proof: proofOf(interaction) }
      return { status: 200, page: recoveryCodesPage(page) }
    }
    default: {
      const tried = await ports.secondFactors.attempt(organization, user, code)
      return tried.outcome === 'accepted'
        ? accepted(interaction, user, tried.method)
        : again(interaction, tried)
    }
  }
}

/** RFC 8176: a code of the app, or one that was kept. */
const amrs = { otp: ['pwd', 'otp', 'mfa'], recovery: ['pwd', 'kba', 'mfa'] } as const

function accepted(
  { tenant, ports, clientId, address }: Interaction,
  user: string,
  method: 'otp' | 'recovery',
): Answer {
  const { organization } = tenant
  ports.log.info('second factor proved', { organization, subject: user, client: clientId, address, method })
  const amr = [...amrs[method]]
  return { result: { login: { accountId: user, acr: acrs.multiFactor, amr, remember: false } } }
}

async function again(interaction: Interaction, tried: SecondFactorTry): Promise<Answer> {
  const { tenant, ports, clientId, address } = interaction
  ports.log.warn('second factor refused', {
    organization: tenant.organization,
    client: clientId,
    address,
    outcome: tried.outcome,
  })
  if (tried.outcome !== 'limited')
    return { status: 422, page: await pageOf(interaction, { kind: 'refused' }) }
  const { retryAfterSeconds } = tried
  const page = await pageOf(interaction, { kind: 'limited', retryAfterSeconds })
  return { status: 429, retryAfterSeconds, page }
}

async function pageOf(interaction: Interaction, problem?: SignInProblem): Promise<string> {
  const { tenant, ports } = interaction
  const user = userOf(interaction)
  const shown = { ...(await shownOf(interaction)), ...(problem && { problem }) }
  if (await ports.secondFactors.isEnrolled(tenant.organization, user)) return secondFactorPage(shown)
  const secret = await ports.secondFactors.begin(tenant.organization, user)
  return enrolmentPage({ ...shown, secret, uri: totpUri(secret, await tenant.title(), user) })
}

async function shownOf(interaction: Interaction) {
  const { tenant, action, formToken } = interaction
  return { organization: await tenant.title(), user: userOf(interaction), action, formToken }
}

function userOf({ user }: Interaction): string {
  if (user === undefined) throw authserverFaults['interaction-expired']()
  return user
}

/** Nobody but us can make it, and only for this sign-in of this user. */
function proofOf(interaction: Interaction): string {
  return formToken(
    interaction.tenant.formKey,
    `second-factor-proved ${interaction.uid} ${userOf(interaction)}`,
  )
}
