import type { Interaction } from '../interaction/interaction.ts'
import type { Markup } from '../page/html.ts'

/** One way to prove more than a password. Each is a folder here and a line in `catalog.ts`. */
export interface SecondFactorMethod {
  /** Its folder. */
  readonly id: string
  /** What a user reads who may choose. */
  readonly title: string
  /** Whether this user can prove it. */
  isEnrolled(interaction: Interaction, user: string): Promise<boolean>
  /** What asks for it: the content of a page, with its form. May send something, or keep what it will compare. */
  show(interaction: Interaction, user: string): Promise<Markup>
  answer(interaction: Interaction, user: string, form: ReadonlyMap<string, string>): Promise<MethodAnswer>
}

export type MethodAnswer =
  /** How it was proved, as RFC 8176 calls it, beside the first factor. */
  | { readonly amr: readonly string[] }
  /** It was not: the page again. */
  | { readonly wrong: string }
  | { readonly retryAfterSeconds: number }
