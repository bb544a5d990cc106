import { createHmac, randomInt } from 'node:crypto'
import { Secret, sameText } from '@portcullis/kernel/secret'
import type { Collection } from '@portcullis/model/collection'
import type { Limit } from '@portcullis/ports/counters/port'
import { put, remove, storeFaults } from '@portcullis/ports/store/port'
import { callWebhook } from '../../call-webhook.ts'
import type { Interaction } from '../../interaction/interaction.ts'
import { html } from '../../page/html.ts'
import { codeField } from '../../page/second-factor-page.ts'
import { mailAddressOf, mailKey } from '../../password/notice.ts'
import type { SecondFactorMethod } from '../method.ts'

/** A code that was sent, for one sign-in. */
interface SentCode {
  /** Keyed hash: eight digits alone could be tried out by whoever reads the store. */
  readonly hash: string
  readonly left: number
}

const sentCodes: Collection<SentCode> = { name: 'sent-code', index: () => ({}) }

const GOOD_FOR_MINUTES = 10
const ATTEMPTS = 5
const DIGITS = 8
/** Codes sent to one user, however many sign-ins are begun: nobody's mailbox is filled, and few codes can be guessed at. */
const SENDS: Limit = { limit: 5, windowMillis: 30 * 60_000, burst: 5 }

/** A code that is sent, where the organization allows it. It proves a mailbox or a phone: better than nothing, and phishable. */
export const codeMethod: SecondFactorMethod = {
  id: 'code',
  title: 'Get a code',

  async isEnrolled(interaction, user) {
    return (await bearerOf(interaction, user)) !== undefined
  },

  async show(interaction, user) {
    const sent = await sendOnce(interaction, user)
    const isMail = (await interaction.tenant.spec()).oneTimeCodes === 'mail'
    return html`<h1>Enter the code that you get${isMail ? ' by mail' : ''}</h1>
<p>You sign in as <strong>${user}</strong>. ${sent ? `It is good for ${GOOD_FOR_MINUTES} minutes, in this browser.` : 'Too many codes were asked for. Enter the last one, or wait half an hour.'}</p>
<form id="proof" method="post" action="${interaction.action}">
<input type="hidden" name="form" value="${interaction.formToken}">
<input type="hidden" name="method" value="code">
${codeField()}
<button class="main" type="submit" name="decision" value="verify">Go on</button>
</form>`
  },

  async answer({ tenant, ports, uid }, user, form) {
    const { store } = ports
    const { organization, formKey } = tenant
    const wrong = { wrong: 'That is not the code, or it is no longer good.' }
    const found = await store.get(sentCodes, organization, uid)
    if (found === undefined) return wrong
    const { hash, left } = found.value
    const typed = (form.get('code') ?? '').replace(/\D/g, '')
    const isRight = sameText(hash, hashOf(formKey.reveal(), uid, user, typed))
    const options = {
      expect: found.version,
      ...(found.expiresAt !== undefined && { expiresAt: found.expiresAt }),
    }
    try {
      // Right or wrong, it is written down first: of many guesses at once each counts, and a code is good once.
      await store.commit([
        isRight || left <= 1
          ? remove(sentCodes, organization, uid, found.version)
          : put(sentCodes, organization, uid, { hash, left: left - 1 }, options),
      ])
    } catch (thrown) {
      if (!storeFaults.conflict.is(thrown)) throw thrown
      return wrong
    }
    return isRight ? { amr: ['otp', 'mfa'] } : wrong
  },
}

/** One code for a sign-in, until it is used up or over. */
async function sendOnce(interaction: Interaction, user: string): Promise<boolean> {
  const { tenant, ports, uid } = interaction
  const { store, clock, counters, log } = ports
  const { organization, formKey } = tenant
  if ((await store.get(sentCodes, organization, uid)) !== undefined) return true
  const bearer = await bearerOf(interaction, user)
  if (bearer === undefined) return false
  const take = await counters.take(`one-time-code/${organization}/${user}`, SENDS, 1)
  if (!take.taken) return false
  const code = String(randomInt(10 ** DIGITS)).padStart(DIGITS, '0')
  const hash = hashOf(formKey.reveal(), uid, user, code)
  const expiresAt = clock.now() + GOOD_FOR_MINUTES * 60_000
  await store.commit([put(sentCodes, organization, uid, { hash, left: ATTEMPTS }, { expiresAt })])
  try {
    await bearer({ code: new Secret(code), key: mailKey(organization, uid, hash), expiresAt })
  } catch (thrown) {
    // It never came: the next look at the page sends another.
    await store.commit([remove(sentCodes, organization, uid)])
    throw thrown
  }
  log.info('one-time code sent', { organization, subject: user })
  return true
}

/** Brings a code to the user. */
type Bearer = (sent: {
  readonly code: Secret
  readonly key: string
  readonly expiresAt: number
}) => Promise<void>

/** By what the organization sends codes; nothing where it sends none to this user. */
async function bearerOf({ tenant, ports }: Interaction, user: string): Promise<Bearer | undefined> {
  const { store, mail, web, vault } = ports
  const { organization } = tenant
  const { oneTimeCodes } = await tenant.spec()
  if (oneTimeCodes === undefined) return undefined
  const service = await tenant.title()
  if (oneTimeCodes !== 'mail')
    return ({ code, key, expiresAt }) =>
      callWebhook({ web, vault }, oneTimeCodes, key, {
        organization,
        user,
        code: code.reveal(),
        expiresAt: new Date(expiresAt).toISOString(),
      })
  const to = await mailAddressOf(store, organization, user)
  if (mail === undefined || to === undefined) return undefined
  return ({ code, key }) =>
    mail.send({
      to,
      key,
      subject: `${service}: your code to sign in`.slice(0, 200),
      text: `Your code to sign in at ${service}: ${code.reveal().slice(0, 4)} ${code.reveal().slice(4)}

It is good for ${GOOD_FOR_MINUTES} minutes. Type it nowhere but on the page of ${service}. If you do not sign in there now, somebody
knows your password: change it.
`,
    })
}

function hashOf(key: string, uid: string, user: string, code: string): string {
  return createHmac('sha256', key).update(`one-time-code ${uid} ${user} ${code}`).digest('base64url')
}
