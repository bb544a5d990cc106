import { Duration } from '@portcullis/kernel/duration'
import { sameText } from '@portcullis/kernel/secret'
import { acrs } from '@portcullis/oauth/sign-in/acr'
import { totpUri } from '@portcullis/oauth/sign-in/totp'
import { authserverFaults } from '../fault.ts'
import { rememberBrowser } from '../known-browser/known-browsers.ts'
import { enrolmentPage, recoveryCodesPage, secondFactorPage } from '../page/second-factor-page.ts'
import type { SignInProblem } from '../page/sign-in-page.ts'
import { APP_SET_UP, tellAppChange } from '../second-factor/app/tell-app-change.ts'
import { methods } from '../second-factor/catalog.ts'
import type { MethodAnswer, SecondFactorMethod } from '../second-factor/method.ts'
import { purposeOf } from '../second-factor/passkey/passkey-method.ts'
import { formToken } from './form-token.ts'
import type { Answer, Interaction } from './interaction.ts'

/** Asks for the best that the user has, or lets who has none set an app up. */
export async function showSecondFactor(interaction: Interaction): Promise<string> {
  const user = userOf(interaction)
  const enrolled = await enrolledMethods(interaction, user)
  const [best] = enrolled
  return best === undefined ? enrolment(interaction, user) : asking(interaction, user, enrolled, best)
}

export async function answerSecondFactor(
  interaction: Interaction,
  form: ReadonlyMap<string, string>,
): Promise<Answer> {
  const user = userOf(interaction)
  const enrolled = await enrolledMethods(interaction, user)
  switch (form.get('decision')) {
    case 'cancel':
      return { result: { error: 'access_denied', error_description: 'the user did not sign in' } }
    case 'kept':
      if (!sameText(proofOf(interaction), form.get('proof') ?? '')) throw authserverFaults['cross-site']()
      return accepted(interaction, user, ['otp', 'mfa'], 'app', form)
    case 'confirm':
      return confirmApp(interaction, user, form.get('code') ?? '', enrolled.length > 0)
    default: {
      const chosen = enrolled.find(({ id }) => id === form.get('method'))
      if (chosen === undefined) return { status: 200, page: await showSecondFactor(interaction) }
      if (form.get('decision') !== 'verify')
        return { status: 200, page: await asking(interaction, user, enrolled, chosen) }
      const answer = await chosen.answer(interaction, user, form)
      if ('amr' in answer) return accepted(interaction, user, answer.amr, chosen.id, form)
      return again(interaction, user, enrolled, chosen, answer)
    }
  }
}

async function enrolledMethods(interaction: Interaction, user: string): Promise<SecondFactorMethod[]> {
  const isEnrolled = await Promise.all(methods.map((each) => each.isEnrolled(interaction, user)))
  return methods.filter((_, i) => isEnrolled[i])
}

async function accepted(
  { tenant, ports, clientId, address, request, amr: first }: Interaction,
  user: string,
  second: readonly string[],
  method: string,
  form: ReadonlyMap<string, string>,
): Promise<Answer> {
  const { organization } = tenant
  ports.log.info('second factor proved', { organization, subject: user, client: clientId, address, method })
  const { trustBrowsersFor } = await tenant.spec()
  const isTrusted = form.get('trust') === 'yes' && trustBrowsersFor !== undefined
  const trustSeconds = isTrusted ? Duration.parse(trustBrowsersFor).seconds : undefined
  const result = {
    // Beside what the sign-in began with: a password, or the word of an identity provider.
    login: {
      accountId: user,
      acr: acrs.multiFactor,
      amr: [...new Set([...first, ...second])],
      remember: false,
    },
  }
  if (trustSeconds === undefined) return { result }
  const known = { user, request, address, trustSeconds }
  return { result, cookie: await rememberBrowser(ports, organization, tenant.issuer, known) }
}

/** Proves that a new app works. Who has something better already sets none up here: that is for the account page. */
async function confirmApp(
  interaction: Interaction,
  user: string,
  code: string,
  hasOther: boolean,
): Promise<Answer> {
  const { tenant, ports } = interaction
  const { organization } = tenant
  const confirmed = hasOther
    ? ({ outcome: 'refused' } as const)
    : await ports.authenticatorApps.confirm(organization, user, purposeOf(interaction), code)
  if (!('outcome' in confirmed)) {
    ports.log.info('second factor enrolled', { organization, subject: user })
    tellAppChange(ports, tenant, user, APP_SET_UP)
    const page = { ...(await shownOf(interaction)), codes: confirmed, proof: proofOf(interaction) }
    return { status: 200, page: recoveryCodesPage(page) }
  }
  refused(interaction, confirmed.outcome)
  if (hasOther) return { status: 422, page: await showSecondFactor(interaction) }
  if (confirmed.outcome !== 'limited')
    return { status: 422, page: await enrolment(interaction, user, { kind: 'refused' }) }
  const { retryAfterSeconds } = confirmed
  const page = await enrolment(interaction, user, { kind: 'limited', retryAfterSeconds })
  return { status: 429, retryAfterSeconds, page }
}

async function again(
  interaction: Interaction,
  user: string,
  enrolled: readonly SecondFactorMethod[],
  chosen: SecondFactorMethod,
  answer: Exclude<MethodAnswer, { readonly amr: readonly string[] }>,
): Promise<Answer> {
  if ('wrong' in answer) {
    refused(interaction, 'refused')
    return { status: 422, page: await asking(interaction, user, enrolled, chosen, answer.wrong) }
  }
  refused(interaction, 'limited')
  const { retryAfterSeconds } = answer
  const words = `There were too many attempts. Try again in ${retryAfterSeconds} seconds.`
  const page = await asking(interaction, user, enrolled, chosen, words)
  return { status: 429, retryAfterSeconds, page }
}

function refused({ tenant, ports, clientId, address }: Interaction, outcome: string): void {
  const { organization } = tenant
  ports.log.warn('second factor refused', { organization, client: clientId, address, outcome })
}

async function asking(
  interaction: Interaction,
  user: string,
  enrolled: readonly SecondFactorMethod[],
  chosen: SecondFactorMethod,
  wrong?: string,
): Promise<string> {
  const { trustBrowsersFor } = await interaction.tenant.spec()
  return secondFactorPage({
    ...(await shownOf(interaction)),
    content: await chosen.show(interaction, user),
    others: enrolled.filter((each) => each !== chosen),
    ...(wrong !== undefined && { wrong }),
    ...(trustBrowsersFor !== undefined && { trustBrowsersFor }),
  })
}

async function enrolment(interaction: Interaction, user: string, problem?: SignInProblem): Promise<string> {
  const { tenant, ports } = interaction
  const secret = await ports.authenticatorApps.begin(tenant.organization, user, purposeOf(interaction))
  const uri = totpUri(secret, await tenant.title(), user)
  return enrolmentPage({ ...(await shownOf(interaction)), ...(problem && { problem }), secret, uri })
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
