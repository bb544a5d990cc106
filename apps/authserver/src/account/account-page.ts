import type { Secret } from '@portcullis/kernel/secret'
import type { Markup } from '../page/html.ts'
import type { Tenant } from '../tenant.ts'
import type { AccountPorts } from './account.ts'

/** A page of the signed-in user's account, at `<issuer>/account/<path>`. Pages and panels are in the order of `pages.ts`. */
export interface AccountPage {
  readonly path: string
  /** Its name in the navigation. */
  readonly title: string
  readonly panels: readonly AccountPanel[]
}

/** One thing that a page is about. Its forms go to `<issuer>/account/<page>/<panel>`, as `visit.action` says. */
export interface AccountPanel {
  /** Part of an address. */
  readonly id: string
  readonly title: string
  /** What it shows below its title; nothing where it does not concern this user. */
  show(visit: AccountVisit): Promise<Markup | undefined>
  /** What one of its forms leads to. The form is our own and of this session: that was checked. */
  answer(visit: AccountVisit, form: ReadonlyMap<string, string>): Promise<AccountAnswer>
}

/** A user who looks at a panel of the own account. */
export interface AccountVisit {
  readonly tenant: Tenant
  readonly ports: AccountPorts
  readonly user: string
  /** The browser's session, by the name under which it can be revoked. */
  readonly session: string
  /** How the user signed in, and when: seconds since the epoch. */
  readonly acr: string | undefined
  readonly signedInAt: number
  /** Of the browser. */
  readonly address: string
  /** What the browser shows of itself, if it was seen before. */
  readonly browser: Secret | undefined
  /** Where the forms of this panel go. */
  readonly action: string
  /** Every form has it as its field `form`. */
  readonly formToken: string
}

export type AccountAnswer =
  /** It is done: the page is shown anew, with this sentence. */
  | { readonly done: string; readonly cookie?: string }
  /** It is not: the page again, with what is wrong above the panel. */
  | { readonly wrong: string; readonly retryAfterSeconds?: number }
  /** A step in between, instead of the page. */
  | { readonly title: string; readonly content: Markup; readonly status?: number }
  /** The user must have signed in a moment ago, or in a stronger way (`acr`), and is asked to. */
  | { readonly signIn: 'again' | { readonly acr: string } }
