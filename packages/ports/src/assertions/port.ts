import { defineFaults } from '@portcullis/kernel/fault'
import type { Secret } from '@portcullis/kernel/secret'

/**
 * Assertions tell what an issuer that is trusted says about somebody, in a SAML 2.0 assertion.
 *
 * Whatever does not hold, or is not understood, rejects with `assertions.refused`; what was told is true of exactly
 * the text that was signed, and of nothing around it. Where an answer needs somebody who doesn't answer, such as
 * whoever remembers what was used, that rejection comes through: doubt is never a yes.
 *
 * The clock is whoever asks: `demands.now`.
 */
export interface Assertions {
  /** An `Assertion` or `EncryptedAssertion` that came by itself. */
  verify(xml: string, demands: AssertionDemands): Promise<VerifiedAssertion>
  /** The one assertion in a `Response` (SAML Core §3.3.3): either of them is signed, and whatever is signed must hold. */
  verifyResponse(xml: string, demands: ResponseDemands): Promise<VerifiedAssertion>
  /**
   * Signs a message of ours, or our metadata, as a whole: its root, which has an `ID`.
   *
   * @throws TypeError for what is no such message, or no key that signs
   */
  sign(xml: string, signer: MessageSigner): string
}

/** Ours: a private key (PKCS #8, PEM) and its certificate (PEM). */
export interface MessageSigner {
  readonly key: Secret
  readonly certificate: string
}

/** Who may assert: keys come from here alone, never from the message. */
export interface AssertionIssuer {
  /** The entity ID, to the letter. */
  readonly name: string
  /** PEM; several while the issuer changes from one to another. */
  readonly certificates: readonly string[]
}

export interface AssertionDemands {
  readonly issuers: readonly AssertionIssuer[]
  /** Under which names we are meant; one of them must be in every `AudienceRestriction`, of which there must be one. */
  readonly audiences: readonly string[]
  /** Where it must have been sent (`Recipient`): one of these. */
  readonly recipients: readonly string[]
  /** `Recipient` may be absent: for messages of which no profile says that it is there. */
  readonly recipientOptional?: boolean
  /** The request that it answers: `InResponseTo` must be it. Without, there must be none. */
  readonly inResponseTo?: string | undefined
  /** Milliseconds since the epoch. */
  readonly now: number
  /** How far the issuer's clock may be off, either way. */
  readonly skewMillis: number
  /** How long it may be good from its issue on, whatever it says. */
  readonly maxAgeMillis: number
  /** Private keys (PEM) for what is encrypted to us; without, it is refused. */
  readonly decryptionKeys?: readonly Secret[]
  /** It must be encrypted. */
  readonly mustBeEncrypted?: boolean
  /** DER of the certificate by which the caller's connection was made: it proves what is bound to its holder. */
  readonly holder?: Uint8Array | undefined
  /**
   * Answers whether it is used for the first time, and remembers it until then. Asked once all else holds. Without, it
   * may be used again, unless it says `OneTimeUse`, which is then refused.
   */
  readonly isFirstUse?: ((use: AssertionUse) => Promise<boolean>) | undefined
}

export interface ResponseDemands extends AssertionDemands {
  /** The response itself must be signed, not the assertion alone. */
  readonly mustBeSigned?: boolean
}

export interface AssertionUse {
  readonly issuer: string
  readonly id: string
  /** Milliseconds since the epoch: it is refused from then on anyway. */
  readonly until: number
}

export interface VerifiedAssertion {
  readonly id: string
  readonly issuer: string
  readonly subject: NameId
  /** By their names; the values of one in their order. */
  readonly attributes: Readonly<Record<string, readonly string[]>>
  readonly authentication?: AssertedAuthentication
  /** Milliseconds since the epoch. */
  readonly issuedAt: number
  /** From when on it is refused: the earliest of all that it says, less nothing for clocks. */
  readonly expiresAt: number
  /** It may not be kept (SAML Core §2.5.1.5). */
  readonly oneTimeUse: boolean
}

export interface NameId {
  readonly value: string
  readonly format?: string
  readonly nameQualifier?: string
  readonly spNameQualifier?: string
}

/** How and when the subject signed in. */
export interface AssertedAuthentication {
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly contextClass?: string
  readonly sessionIndex?: string
  /** Milliseconds since the epoch: sessions made from it end then. */
  readonly sessionNotOnOrAfter?: number
}

export const assertionsFaults = defineFaults('assertions', {
  refused: {
    status: 401,
    title: 'The SAML assertion does not hold',
    remedy: 'Send a SAML 2.0 assertion of an issuer that is trusted here, signed, in time and for us.',
  },
})
