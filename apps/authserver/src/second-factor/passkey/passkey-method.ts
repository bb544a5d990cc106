import type { Interaction } from '../../interaction/interaction.ts'
import { html } from '../../page/html.ts'
import { passkeyForm } from '../../page/passkey-form.ts'
import type { SecondFactorMethod } from '../method.ts'
import { beginProof, finishProof, listPasskeys, type PasskeyParts, type PasskeyProof } from './passkeys.ts'

/** A passkey beside the password. */
export const passkeyMethod: SecondFactorMethod = {
  id: 'passkey',
  title: 'Use a passkey',

  async isEnrolled(interaction, user) {
    return (await listPasskeys(partsOf(interaction), user)).length > 0
  },

  async show(interaction, user) {
    const { action, formToken } = interaction
    return html`<h1>Use your passkey</h1>
<p>You sign in as <strong>${user}</strong>.</p>
${passkeyForm({
  kind: 'get',
  options: await beginProof(partsOf(interaction), user, purposeOf(interaction)),
  action,
  hidden: { form: formToken, method: 'passkey', decision: 'verify' },
  button: 'Use the passkey',
})}`
  },

  async answer(interaction, user, form) {
    const proof = await finishProof(
      partsOf(interaction),
      user,
      purposeOf(interaction),
      form.get('credential') ?? '',
    )
    if (proof === undefined) return { wrong: 'That is none of your passkeys.' }
    return { amr: amrOf(proof) }
  },
}

/** RFC 8176: a key in hardware, or one that is copied; and whether its owner was verified. */
export function amrOf({ isSynced, isVerified }: PasskeyProof): readonly string[] {
  return [isSynced ? 'swk' : 'hwk', ...(isVerified ? ['user'] : []), 'mfa']
}

export function partsOf({ tenant, ports }: Interaction): PasskeyParts {
  return { tenant, store: ports.store, clock: ports.clock }
}

export function purposeOf({ uid }: Interaction): string {
  return `sign-in ${uid}`
}
