import type { Person } from '@portcullis/model/approval/approval'

/** A token that is about to be issued, and what is known around it. */
export interface TokenAsked {
  /** `authorization`: the user is still there, and the app will ask for the token later, perhaps from elsewhere. */
  readonly occasion: 'authorization' | 'token'
  /** The `grant_type` of the request. */
  readonly grant: string
  readonly app: string
  /** What it is: they count where it speaks for itself. */
  readonly appRoles: readonly string[]
  /** For whom it speaks; absent where an app speaks for itself. */
  readonly user?: Subject | undefined
  readonly audience: string
  /** The name of the API, where the audience is one. */
  readonly api?: string | undefined
  /** Where it is good. */
  readonly environments: readonly string[]
  readonly scopes: readonly string[]
  /** What whoever it speaks for was given in advance. */
  readonly entitled: readonly string[]
  /** How and when the user signed in; seconds since the epoch. */
  readonly acr?: string | undefined
  readonly authTime?: number | undefined
  /** From where it is asked for. */
  readonly address: string
  readonly country?: string | undefined
  readonly userAgent?: string | undefined
  /** From 0 to 100, where somebody was asked. */
  readonly risk?: number | undefined
  /** Milliseconds since the epoch. */
  readonly nowMillis: number
}

export interface Subject extends Person {
  readonly groups: readonly string[]
}
