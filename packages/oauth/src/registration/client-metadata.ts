import { z } from '@portcullis/kernel/schema'
import { type AppSpec, appSpec, type Grant } from '@portcullis/model/resource/app'
import { grantOfType } from '../client/grant-type.ts'
import { wrongWithApp } from '../client/wrong-with-app.ts'

/** A refusal in the words of RFC 7591 §3.2.2. The description is for the developer of the app. */
export interface RegistrationRefusal {
  readonly error: 'invalid_redirect_uri' | 'invalid_client_metadata'
  readonly description: string
}

const uri = z.string().max(2048)
/** Control characters, and those that are not seen or turn others around (Unicode TR 36 §2.5): people read the name and decide by it. */
const UNSEEN = /[\p{Cc}\u061C\u200B\u200E\u200F\u2028-\u202E\u2060-\u2069\uFEFF]/u
const seen = z
  .string()
  .refine((text) => !UNSEEN.test(text), 'it has characters that are not seen, or turn others around')
const nothing = (why: string) => z.undefined({ error: why }).optional()

/** Metadata of a client (RFC 7591 §2) that we know. What we do not know is passed over, as §2 demands. */
const clientMetadata = z.object({
  client_name: seen.trim().min(1).max(200).optional(),
  redirect_uris: z.array(uri).max(32).optional(),
  grant_types: z.array(z.string().max(128)).min(1).max(8).default(['authorization_code']),
  response_types: z.array(z.literal('code')).max(1).optional(),
  token_endpoint_auth_method: z
    .enum([
      'client_secret_basic',
      'client_secret_post',
      'private_key_jwt',
      'tls_client_auth',
      'self_signed_tls_client_auth',
      'none',
    ])
    .default('client_secret_basic'),
  application_type: z.enum(['web', 'native']).optional(),
  subject_type: z.literal('public').optional(),
  sector_identifier_uri: nothing('there are no pairwise subjects, so nothing is fetched from there'),
  jwks: z.unknown().optional(),
  jwks_uri: uri.optional(),
  tls_client_auth_subject_dn: z.string().max(1024).optional(),
  tls_client_auth_san_dns: z.string().max(256).optional(),
  tls_client_auth_san_uri: z.string().max(1024).optional(),
  tls_client_auth_san_email: z.string().max(320).optional(),
  tls_client_auth_san_ip: nothing('addresses move to others: name something else of the certificate'),
  tls_client_certificate_bound_access_tokens: z.boolean().optional(),
  dpop_bound_access_tokens: z.boolean().optional(),
  require_pushed_authorization_requests: z.boolean().optional(),
  require_signed_request_object: z.boolean().optional(),
  post_logout_redirect_uris: z.array(uri).max(32).optional(),
  backchannel_logout_uri: uri.optional(),
})

/** What an app says of itself, as `appSpec` has it. */
const DESCRIBED = [
  'title',
  'grants',
  'redirectUris',
  'public',
  'authentication',
  'certificate',
  'jwks',
  'jwksUri',
  'requests',
  'boundTokens',
  'certificateBoundTokens',
  'signOutRedirectUris',
  'signOutUri',
] as const satisfies readonly (keyof AppSpec)[]
type Described = (typeof DESCRIBED)[number]

/** What registration leaves to people: all else. */
export type LeftToPeople = Partial<Omit<AppSpec, Described>>

/** What people have decided about an app. */
export function leftToPeople(app: AppSpec): LeftToPeople {
  const left: Partial<AppSpec> = { ...app }
  for (const each of DESCRIBED) delete left[each]
  return left
}

/** What a software statement says of an app beside its limits, so that it is said for good. */
export function attestedIn(statement: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const limits = ['redirect_uris', 'grant_types', 'response_types']
  return Object.fromEntries(
    Object.entries(statement).filter(
      ([name]) => Object.hasOwn(clientMetadata.shape, name) && !limits.includes(name),
    ),
  )
}

/**
 * The app that metadata describe, within a rule; `kept` is what people, and not the metadata, decide about it. `title` is
 * the name of an app that gives itself none.
 */
export function appOfMetadata(
  metadata: unknown,
  rule: { readonly grants: readonly Grant[] },
  title: string,
  kept: LeftToPeople,
): { readonly app: AppSpec } | { readonly refusal: RegistrationRefusal } {
  const parsed = clientMetadata.safeParse(metadata)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    return refuse(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`, issue?.path[0])
  }
  const known = parsed.data
  const grants = known.grant_types.map(grantOfType)
  const allowed: readonly (Grant | undefined)[] = rule.grants
  const refused = grants.findIndex((each) => !allowed.includes(each))
  if (refused >= 0) return refuse(`the grant type '${known.grant_types[refused]?.slice(0, 64)}' is not given`)
  const app = appSpec.safeParse(withoutAbsent({ ...kept, ...specOf(known, grants as Grant[], title) }))
  if (!app.success) {
    const [issue] = app.error.issues
    return refuse(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`, issue?.path[0])
  }
  const [wrong] = wrongWithApp(app.data)
  return wrong === undefined ? { app: app.data } : refuse(wrong.detail, wrong.at[0])
}

type Metadata = z.infer<typeof clientMetadata>

function specOf(known: Metadata, grants: readonly Grant[], title: string): Record<Described, unknown> {
  const method = known.token_endpoint_auth_method
  const byKey = method === 'none' || method.startsWith('client_secret') ? undefined : method
  const certificate = withoutAbsent({
    subject: known.tls_client_auth_subject_dn,
    dns: known.tls_client_auth_san_dns,
    uri: known.tls_client_auth_san_uri,
    email: known.tls_client_auth_san_email,
  })
  const signed = known.require_signed_request_object ? 'signed' : undefined
  return {
    title: known.client_name ?? title,
    grants: [...new Set(grants)],
    redirectUris: known.redirect_uris ?? [],
    public: method === 'none',
    authentication: byKey,
    certificate: Object.keys(certificate).length === 0 ? undefined : certificate,
    jwks: known.jwks,
    jwksUri: known.jwks_uri,
    requests: known.require_pushed_authorization_requests ? 'pushed' : signed,
    boundTokens: known.dpop_bound_access_tokens || undefined,
    certificateBoundTokens: known.tls_client_certificate_bound_access_tokens || undefined,
    signOutRedirectUris: known.post_logout_redirect_uris?.length
      ? known.post_logout_redirect_uris
      : undefined,
    signOutUri: known.backchannel_logout_uri,
  }
}

function withoutAbsent(object: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined))
}

function refuse(description: string, at?: PropertyKey): { readonly refusal: RegistrationRefusal } {
  const isRedirect = at === 'redirect_uris' || at === 'redirectUris'
  const error = isRedirect ? 'invalid_redirect_uri' : 'invalid_client_metadata'
  return { refusal: { error, description: description.slice(0, 300) } }
}
