import { createHmac, randomInt } from 'node:crypto'
import { sameText } from '@portcullis/kernel/secret'
import type { Collection } from '@portcullis/model/collection'
import type { Limit } from '@portcullis/ports/counters/port'
import { put, remove, storeFaults } from '@portcullis/ports/store/port'
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

/** A code that is sent by mail, where the organization allows it. It proves a mailbox: better than nothing, and phishable. */
export const codeMethod: SecondFactorMethod = {
  id: 'code',
  title: 'Get a code by mail',

  async isEnrolled({ tenant, ports }, user) {
    const { oneTimeCodes } = await tenant.spec()
    if (oneTimeCodes !== 'mail' || ports.mail === undefined) return false
    return (await mailAddressOf(ports.store, tenant.organization, user)) !== undefined
  },

  async show(interaction, user) {
    const sent = await sendOnce(interaction, user)
    return html`<h1>Enter the code that you get by mail</h1>
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
async function sendOnce({ tenant, ports, uid }: Interaction, user: string): Promise<boolean> {
  const { store, clock, counters, mail, log } = ports
  const { organization, formKey } = tenant
  if ((await store.get(sentCodes, organization, uid)) !== undefined) return true
  const to = await mailAddressOf(store, organization, user)
  if (mail === undefined || to === undefined) return false
  const take = await counters.take(`one-time-code/${organization}/${user}`, SENDS, 1)
  if (!take.taken) return false
  const code = String(randomInt(10 ** DIGITS)).padStart(DIGITS, '0')
  const value = { hash: hashOf(formKey.reveal(), uid, user, code), left: ATTEMPTS }
  const expiresAt = clock.now() + GOOD_FOR_MINUTES * 60_000
  await store.commit([put(sentCodes, organization, uid, value, { expiresAt })])
  const service = await tenant.title()
  await mail.send({
    to,
    key: mailKey(organization, uid, value.hash),
    subject: `${service}: your code to sign in`.slice(0, 200),
    text: `Your code to sign in at ${service}: ${code.slice(0, 4)} ${code.slice(4)}

It is good for ${GOOD_FOR_MINUTES} minutes. Type it nowhere but on the page of ${service}. If you do not sign in there now, somebody
knows your password: change it.
`,
  })
  log.info('one-time code sent', { organization, subject: user })
  return true
}

function hashOf(key: string, uid: string, user: string, code: string): string {
  return createHmac('sha256', key).update(`one-time-code ${uid} ${user} ${code}`).digest('base64url')
}
