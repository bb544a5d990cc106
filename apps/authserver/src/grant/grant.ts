import type { Grant } from '@portcullis/model/resource/app'
import type { Log } from '@portcullis/ports/log/port'
import type { KoaContextWithOIDC } from 'oidc-provider'
import type { ProviderParts } from '../provider/configuration.ts'

export type GrantParts = ProviderParts & { readonly log: Log }

/** A grant that oidc-provider does not know: one folder here, and one line in `catalog.ts`. */
export interface OwnGrant {
  /** As apps name it among their grants; absent where every app has it. */
  readonly name: Grant | undefined
  /** The `grant_type` of the token request. */
  readonly type: string
  /** Of the token request, beside those by which the client proves who it is. None may be sent twice. */
  readonly parameters: readonly string[]
  /** Answers the token request of a client that has proved who it is and may use this grant. */
  answer(ctx: KoaContextWithOIDC, parts: GrantParts): Promise<void>
}

/** A parameter of the token request. */
export function parameter({ oidc }: KoaContextWithOIDC, name: string): string | undefined {
  const value: unknown = oidc.params?.[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}
