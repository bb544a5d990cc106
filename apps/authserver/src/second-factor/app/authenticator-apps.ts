import { fingerprintOf, type Secret } from '@portcullis/kernel/secret'
import { type SecondFactor, secondFactors } from '@portcullis/model/collection'
import {
  findTotpStep,
  newRecoveryCode,
  newTotpSecret,
  tidyRecoveryCode,
} from '@portcullis/oauth/sign-in/totp'
import type { Clock } from '@portcullis/ports/clock/port'
import type { Counters, Limit } from '@portcullis/ports/counters/port'
import type { Secrets } from '@portcullis/ports/secrets/port'
import { type Document, put, remove, type Store, storeFaults } from '@portcullis/ports/store/port'

/** Whoever guesses knows the password already: five at once, then one a minute (RFC 4226 §7.3). */
const GUESSES: Limit = { limit: 5, windowMillis: 5 * 60_000, burst: 5 }
const RECOVERY_CODES = 10

export type CodeTry =
  | { readonly outcome: 'accepted'; readonly method: 'otp' | 'recovery' }
  | { readonly outcome: 'refused' }
  | { readonly outcome: 'limited'; readonly retryAfterSeconds: number }

/** Authenticator apps of users (RFC 6238), and the recovery codes that come with them. */
export interface AuthenticatorApps {
  /** Whether the user has one that was proved once. */
  isEnrolled(organization: string, user: string): Promise<boolean>
  /**
   * The secret for an authenticator app: the same within one sign-in or session (`purpose`) until it is proved, and another in any
   * other. Whoever has only the password, and was shown one, knows nothing of the one that the user sets up later.
   */
  begin(organization: string, user: string, purpose: string): Promise<Secret>
  /** Proves that the app has it. Resolves to codes for the day on which it is lost; they are shown this once. */
  confirm(
    organization: string,
    user: string,
    purpose: string,
    code: string,
  ): Promise<readonly Secret[] | CodeTry>
  /** How many recovery codes are left. */
  countRecoveryCodes(organization: string, user: string): Promise<number>
  /** Other recovery codes in place of those that are left; they are shown this once. */
  renewRecoveryCodes(organization: string, user: string): Promise<readonly Secret[]>
  /** The app is no longer asked for. */
  remove(organization: string, user: string): Promise<void>
  /** A code of the app, or a recovery code, each good once. */
  attempt(organization: string, user: string, typed: string): Promise<CodeTry>
}

export interface AuthenticatorAppPorts {
  readonly store: Store
  readonly secrets: Secrets
  readonly clock: Clock
  readonly counters: Counters
}

const REFUSED: CodeTry = { outcome: 'refused' }

export function openAuthenticatorApps({
  store,
  secrets,
  clock,
  counters,
}: AuthenticatorAppPorts): AuthenticatorApps {
  const read = (organization: string, user: string) => store.get(secondFactors, organization, user)

  async function write(
    organization: string,
    user: string,
    value: SecondFactor,
    before: Document<SecondFactor> | undefined,
  ): Promise<boolean> {
    try {
      const expect = before?.version ?? 'absent'
      await store.commit([put(secondFactors, organization, user, value, { expect })])
      return true
    } catch (thrown) {
      // Somebody was quicker: with the same code, which is then used, or with another secret.
      if (!storeFaults.conflict.is(thrown)) throw thrown
      return false
    }
  }

  async function waitBefore(organization: string, user: string): Promise<CodeTry | undefined> {
    const take = await counters.take(`second-factor/${organization}/${user}`, GUESSES, 1)
    if (take.taken) return undefined
    return { outcome: 'limited', retryAfterSeconds: Math.ceil(take.retryAfterMillis / 1000) }
  }

  function open(organization: string, user: string, { sealed }: SecondFactor): Promise<Secret> {
    return secrets.open(sealed, contextOf(organization, user))
  }

  return {
    async isEnrolled(organization, user) {
      return (await read(organization, user))?.value.confirmedAt !== undefined
    },

    async begin(organization, user, purpose) {
      const known = await read(organization, user)
      // Set up at this very moment elsewhere: that one is shown to nobody again, and this one is good for nothing.
      if (known?.value.confirmedAt !== undefined) return newTotpSecret()
      if (known?.value.begunFor === purpose) return open(organization, user, known.value)
      const secret = newTotpSecret()
      const sealed = await secrets.seal(secret, contextOf(organization, user))
      const begun = { sealed, begunFor: purpose, usedStep: 0, recovery: [] }
      const isOurs = await write(organization, user, begun, known)
      return isOurs ? secret : this.begin(organization, user, purpose)
    },

    async confirm(organization, user, purpose, code) {
      const limited = await waitBefore(organization, user)
      if (limited !== undefined) return limited
      const known = await read(organization, user)
      if (known === undefined || known.value.confirmedAt !== undefined) return REFUSED
      const { begunFor, ...begun } = known.value
      if (begunFor !== purpose) return REFUSED
      const step = findTotpStep(await open(organization, user, known.value), code.trim(), clock.now(), 0)
      if (step === undefined) return REFUSED
      const codes = Array.from({ length: RECOVERY_CODES }, newRecoveryCode)
      const confirmedAt = new Date(clock.now()).toISOString()
      const value = { ...begun, confirmedAt, usedStep: step, recovery: codes.map(fingerprintOf) }
      return (await write(organization, user, value, known)) ? codes : REFUSED
    },

    async countRecoveryCodes(organization, user) {
      return (await read(organization, user))?.value.recovery.length ?? 0
    },

    async renewRecoveryCodes(organization, user) {
      const known = await read(organization, user)
      if (known?.value.confirmedAt === undefined) return []
      const codes = Array.from({ length: RECOVERY_CODES }, newRecoveryCode)
      const isOurs = await write(
        organization,
        user,
        { ...known.value, recovery: codes.map(fingerprintOf) },
        known,
      )
      return isOurs ? codes : this.renewRecoveryCodes(organization, user)
    },

    async remove(organization, user) {
      await store.commit([remove(secondFactors, organization, user)])
    },

    async attempt(organization, user, typed) {
      const limited = await waitBefore(organization, user)
      if (limited !== undefined) return limited
      const known = await read(organization, user)
      if (known?.value.confirmedAt === undefined) return REFUSED
      const { value } = known
      const secret = await open(organization, user, value)
      const step = findTotpStep(secret, typed.trim(), clock.now(), value.usedStep)
      if (step !== undefined) {
        const isFirst = await write(organization, user, { ...value, usedStep: step }, known)
        return isFirst ? { outcome: 'accepted', method: 'otp' } : REFUSED
      }
      const fingerprint = fingerprintOf(tidyRecoveryCode(typed))
      if (!value.recovery.includes(fingerprint)) return REFUSED
      const recovery = value.recovery.filter((each) => each !== fingerprint)
      const isFirst = await write(organization, user, { ...value, recovery }, known)
      return isFirst ? { outcome: 'accepted', method: 'recovery' } : REFUSED
    },
  }
}

function contextOf(organization: string, user: string): string {
  return `${organization}/second-factor/${user}`
}
