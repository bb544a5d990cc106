import type { Fault } from '@portcullis/kernel/fault'
import {
  type AssertedAuthentication,
  type AssertionDemands,
  assertionsFaults,
  type NameId,
  type VerifiedAssertion,
} from './port.ts'

/** What an assertion says, before anybody asked whether that is enough. Times are milliseconds since the epoch. */
export interface Statement {
  readonly id: string
  readonly issuer: string
  readonly issuedAt: number
  readonly subject: NameId
  readonly confirmations: readonly Confirmation[]
  readonly notBefore?: number
  readonly notOnOrAfter?: number
  /** One list for each `AudienceRestriction`: all must be met, each by any of its audiences. */
  readonly audiences: readonly (readonly string[])[]
  readonly oneTimeUse: boolean
  readonly attributes: Readonly<Record<string, readonly string[]>>
  readonly authentication?: AssertedAuthentication
}

/** One way in which the subject may be confirmed (SAML Core §2.4.1.1); one that holds is enough. */
export interface Confirmation {
  readonly method: 'bearer' | 'holder-of-key'
  readonly recipient?: string
  readonly notBefore?: number
  readonly notOnOrAfter?: number
  readonly inResponseTo?: string
  /** DER, base64, of certificates of which the holder must have one. */
  readonly certificates: readonly string[]
}

/**
 * Holds what was verified to be said to what is demanded (SAML Core §2.5.1, Profiles §4.1.4.3), and asks last whether it
 * is new.
 *
 * @throws assertions.refused, and whatever `demands.isFirstUse` rejects with
 */
export async function holdToDemands(said: Statement, demands: AssertionDemands): Promise<VerifiedAssertion> {
  const { now, skewMillis } = demands
  if (said.issuedAt > now + skewMillis) throw refused('it was issued later than now')
  demandBegun(said.notBefore, demands)
  if (said.audiences.length === 0) throw refused('it is for nobody in particular: there is no audience')
  for (const audiences of said.audiences) {
    if (!audiences.some((each) => demands.audiences.includes(each)))
      throw refused('it is for another audience')
  }
  const confirmation = confirmationOf(said, demands)
  const ends = [
    said.notOnOrAfter,
    confirmation.notOnOrAfter,
    said.authentication?.sessionNotOnOrAfter,
    said.issuedAt + demands.maxAgeMillis,
  ]
  const expiresAt = Math.min(...ends.filter((each) => each !== undefined))
  if (now >= expiresAt + skewMillis) throw refused('it is over')
  const { id, issuer, subject, attributes, authentication, issuedAt, oneTimeUse } = said
  if (demands.isFirstUse === undefined) {
    if (oneTimeUse) throw refused('it may be used once only, and nobody here remembers what was used')
  } else if (!(await demands.isFirstUse({ issuer, id, until: expiresAt + skewMillis }))) {
    throw refused('it was used before')
  }
  return {
    ...{ id, issuer, subject, attributes, issuedAt, expiresAt, oneTimeUse },
    ...(authentication !== undefined && { authentication }),
  }
}

function confirmationOf(said: Statement, demands: AssertionDemands): Confirmation {
  let reason = 'it names no way in which its subject is confirmed that we know'
  for (const each of said.confirmations) {
    const objection = objectionTo(each, demands)
    if (objection === undefined) return each
    reason = objection
  }
  throw refused(reason)
}

function objectionTo(confirmation: Confirmation, demands: AssertionDemands): string | undefined {
  const { now, skewMillis, recipients, inResponseTo, holder } = demands
  const { recipient, notBefore, notOnOrAfter } = confirmation
  if (notBefore !== undefined && now + skewMillis < notBefore) return 'it is not yet good'
  if (notOnOrAfter === undefined) {
    if (confirmation.method === 'bearer') return 'whoever bears it could do so for ever'
  } else if (now >= notOnOrAfter + skewMillis) return 'it is over'
  if (recipient === undefined ? demands.recipientOptional !== true : !recipients.includes(recipient))
    return 'it was sent to somebody else'
  if (confirmation.inResponseTo !== inResponseTo) return 'it answers another request'
  if (confirmation.method === 'bearer') return undefined
  if (holder === undefined) return 'it is good for the holder of a key alone'
  return confirmation.certificates.includes(Buffer.from(holder).toString('base64'))
    ? undefined
    : 'it is good for the holder of another key'
}

function demandBegun(notBefore: number | undefined, { now, skewMillis }: AssertionDemands): void {
  if (notBefore !== undefined && now + skewMillis < notBefore) throw refused('it is not yet good')
}

/** What was wrong is for the log: whoever forges learns nothing. */
export function refused(internal: string, cause?: unknown): Fault {
  return assertionsFaults.refused({ internal, ...(cause !== undefined && { cause }) })
}
