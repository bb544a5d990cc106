import type { AppSpec } from '@portcullis/model/resource/app'
import type { Provider } from './providers.ts'

/** With whom users of an app may sign in. */
export interface Realm {
  readonly providers: readonly Provider[]
  /** Users of ours too, with name and password. */
  readonly hasOwnUsers: boolean
}

export function realmOf({ identityProviders: named }: AppSpec, providers: readonly Provider[]): Realm {
  if (named === undefined) return { providers, hasOwnUsers: true }
  return { providers: providers.filter(({ name }) => named.includes(name)), hasOwnUsers: false }
}

export interface HomeHints {
  /** A provider that the user chose, or that the app names (`identity_provider`). */
  readonly provider?: string | undefined
  /** What the user typed, or the app knows (`login_hint`). */
  readonly login?: string | undefined
}

/** The one provider that it can only be, for what is known; absent where the user has to say more. */
export function homeOf(
  { providers, hasOwnUsers }: Realm,
  { provider, login }: HomeHints,
): Provider | undefined {
  const named = providers.find(({ name }) => name === provider)
  if (named !== undefined) return named
  const domain = mailDomainOf(login)
  const known = providers.find(({ spec }) => domain !== undefined && spec.mailDomains?.includes(domain))
  return known ?? (hasOwnUsers || providers.length > 1 ? undefined : providers[0])
}

/** In lower case; absent where it is no mail address. */
export function mailDomainOf(address: string | undefined): string | undefined {
  const at = address?.lastIndexOf('@') ?? -1
  return at > 0
    ? address
        ?.slice(at + 1)
        .trim()
        .toLowerCase()
    : undefined
}
