/** How oidc-provider asks what apps name: with a limit of time, and not at addresses that are no public ones. */
declare module 'oidc-provider/lib/helpers/fetch_request.js' {
  import type { Provider } from 'oidc-provider'

  // biome-ignore lint/style/noDefaultExport: it is theirs
  export default function fetchRequest(
    provider: Provider,
    url: string,
    options: RequestInit,
  ): Promise<Response>
}

/** Where oidc-provider answers about tokens: see `structured-token.ts`. Its exact version is pinned. */
declare module 'oidc-provider/lib/shared/reject_structured_tokens.js' {
  import type { KoaContextWithOIDC } from 'oidc-provider'

  /** Refuses a token that begins like a JWT. */
  export type Step = (ctx: KoaContextWithOIDC, next: () => Promise<void>) => Promise<void>
  const reject: Step
  // biome-ignore lint/style/noDefaultExport: it is theirs
  export default reject
}

declare module 'oidc-provider/lib/actions/introspection.js' {
  const steps: import('oidc-provider/lib/shared/reject_structured_tokens.js').Step[]
  // biome-ignore lint/style/noDefaultExport: it is theirs
  export default steps
}

declare module 'oidc-provider/lib/actions/revocation.js' {
  const steps: import('oidc-provider/lib/shared/reject_structured_tokens.js').Step[]
  // biome-ignore lint/style/noDefaultExport: it is theirs
  export default steps
}

/** What oidc-provider keeps for each of its instances. */
declare module 'oidc-provider/lib/helpers/weak_cache.js' {
  import type { KoaContextWithOIDC, Provider } from 'oidc-provider'

  interface Instance {
    readonly grantTypeHandlers: Map<string, (ctx: KoaContextWithOIDC) => Promise<void>>
    /** Parameters by grant; without one those of all of them. */
    readonly grantTypeParams: ReadonlyMap<string | undefined, ReadonlySet<string>>
  }
  // biome-ignore lint/style/noDefaultExport: it is theirs
  export default function instance(provider: Provider): Instance
}

/** Through which a request to the token endpoint goes: see `sent-parameters.ts`. */
declare module 'oidc-provider/lib/actions/token.js' {
  const steps: import('oidc-provider/lib/shared/reject_structured_tokens.js').Step[]
  // biome-ignore lint/style/noDefaultExport: it is theirs
  export default steps
}

declare module 'oidc-provider/lib/helpers/params.js' {
  /** Of these names those values that are not empty. */
  // biome-ignore lint/style/noDefaultExport: it is theirs
  export default class Params {
    constructor(names: Iterable<string>, sent: object)
  }
}

declare module 'oidc-provider/lib/shared/client_auth.js' {
  import type { KoaContextWithOIDC } from 'oidc-provider'

  /** Names of parameters by which clients prove who they are. */
  export function getClientAuthParams(ctx: KoaContextWithOIDC): ReadonlySet<string>
  /** How clients prove who they are: the last step does it. See `saml-client.ts`. */
  const steps: import('oidc-provider/lib/shared/reject_structured_tokens.js').Step[]
  // biome-ignore lint/style/noDefaultExport: it is theirs
  export default steps
}
