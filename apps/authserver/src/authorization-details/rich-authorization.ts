import { type AuthorizationDetail, withinAllowed } from '@portcullis/oauth/authorization-detail'
import type {
  AuthorizationDetailsForIntrospection,
  KoaContextWithOIDC,
  RichAuthorizationRequestsActiveConfiguration,
} from 'oidc-provider'
import type { ReadDirectory } from '../read-directory.ts'
import { audiencesFor, bad, checkDetail, readDetails } from './check-details.ts'

type Feature = RichAuthorizationRequestsActiveConfiguration & {
  authorizationDetailsForIntrospection: AuthorizationDetailsForIntrospection
}
/** Tokens and codes as oidc-provider keeps them. */
interface Source {
  readonly rar?: readonly AuthorizationDetail[] | undefined
}

/**
 * Rich authorization requests (RFC 9396), at the places where oidc-provider asks. `types` are those that some API knows;
 * what they demand is read from what is published when something is asked for.
 */
export function richAuthorization(types: readonly string[], readDirectory: ReadDirectory): Feature {
  const validate = async (
    ctx: KoaContextWithOIDC,
    detail: AuthorizationDetail,
    client: { readonly clientId: string },
  ): Promise<void> => {
    // Held to its limits as a whole, which oidc-provider does not do.
    readDetails(String(ctx.oidc.params?.authorization_details))
    checkDetail(audiencesFor(await readDirectory(), client.clientId, ctx.oidc.params?.resource), detail)
  }

  /** What a token for an API may carry: what it understands, of what was allowed. */
  const forToken = async (ctx: KoaContextWithOIDC, token: unknown, source?: unknown) => {
    const { aud, clientId } = token as { readonly aud?: unknown; readonly clientId?: string }
    const asked = askedFor(ctx)
    const allowed = source === undefined ? (asked ?? []) : ((source as Source).rar ?? [])
    const within = withinAllowed(allowed, asked)
    if (within === undefined) throw bad('more is asked for than was allowed')
    const audiences = audiencesFor(await readDirectory(), clientId ?? '', aud)
    for (const each of within) checkDetail(audiences, each)
    return [...within]
  }

  return {
    enabled: true,
    types: Object.fromEntries(types.map((type) => [type, { validate }])),
    authorizationDetailsForAccessToken: forToken,
    // What the user has just allowed of them (`consent.ts`); those of earlier requests are not carried along.
    authorizationDetailsForGrantSource: (ctx) => copyOf(allowedOf(ctx)),
    authorizationDetailsForIntrospection: (_, token) => copyOf((token as Source).rar),
  } as Feature
}

/** Those of the request, which were checked when it came. */
function askedFor({ oidc }: KoaContextWithOIDC): readonly AuthorizationDetail[] | undefined {
  const text = oidc.params?.authorization_details
  return typeof text === 'string' ? readDetails(text) : undefined
}

/** Of those of the request; the user is asked about them each time. */
function allowedOf(ctx: KoaContextWithOIDC): readonly AuthorizationDetail[] | undefined {
  const allowed: unknown = ctx.oidc.result?.consent?.details
  if (askedFor(ctx) === undefined) return undefined
  return Array.isArray(allowed) ? (allowed as AuthorizationDetail[]) : []
}

function copyOf(details: readonly AuthorizationDetail[] | undefined): AuthorizationDetail[] | undefined {
  return details && [...details]
}
